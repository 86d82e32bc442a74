package dev.tunbridge.bridge.service;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.TunnelInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a bridge in the foreground until a signal or a fault that no new try would mend. */
@Command(
        name = "run",
        description = "Runs the bridge in the foreground; SIGTERM or Ctrl-C ends it and takes everything back.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class RunCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--stats-file",
            paramLabel = "FILE",
            description = "Keeps all counters in this file, as one line of JSON: every 5 s, and at the end.")
    private @Nullable Path statsFile;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Report report = new Report(out, err);
        Bridge bridge =
                Bridge.builder().config(options.config()).listener(report).build();
        Optional<StatsFile> stats = openStats(bridge);
        stats.ifPresent(file -> report.onNews(file::writeSoon));
        Foreground.endWith(() -> {
            bridge.close();
            stats.ifPresent(StatsFile::close);
            return bridge.ended().toCompletableFuture().isDone() ? ExitCode.OK : ExitCode.FAILED;
        });
        bridge.start();
        BridgeException fault = bridge.ended().toCompletableFuture().get();
        stats.ifPresent(StatsFile::close);
        if (fault != null) {
            throw fault;
        }
        return ExitCode.OK;
    }

    private Optional<StatsFile> openStats(Bridge bridge) {
        Path file = statsFile;
        if (file == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(StatsFile.start(file, bridge));
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--stats-file: cannot write " + e.getMessage(), e);
        }
    }

    /** One line for each thing an operator wants to know: good news on stdout, bad on stderr. */
    private static final class Report implements BridgeListener {
        private final PrintWriter out;
        private final PrintWriter err;
        /** Session, carriage and where the raw lane stands; told before the tunnel's addresses are. */
        private String established = "";

        private Runnable news = () -> {};

        Report(PrintWriter out, PrintWriter err) {
            this.out = out;
            this.err = err;
        }

        /** Whom to tell besides of each change of the state; to be said before the bridge starts. */
        void onNews(Runnable listener) {
            news = listener;
        }

        @Override
        public void onState(BridgeState state, String detail) {
            news.run();
            switch (state) {
                case WAITING -> {
                    err.println("tunbridge: " + detail);
                    err.flush();
                }
                case CONNECTING, CLOSED -> {
                    out.println(detail);
                    out.flush();
                }
                case ESTABLISHED -> established = detail;
                case NEW, FAILED -> {
                    // told by the exit
                }
            }
        }

        @Override
        public void onEstablished(TunnelInfo tunnel) {
            out.printf(
                    "tunnel up: %s %s/%d, server %s, mtu %d, %s%n",
                    tunnel.device(),
                    InetAddresses.toAddrString(tunnel.deviceAddress()),
                    tunnel.prefixLength(),
                    InetAddresses.toAddrString(tunnel.serverAddress()),
                    tunnel.mtu(),
                    established);
            out.flush();
        }
    }
}
