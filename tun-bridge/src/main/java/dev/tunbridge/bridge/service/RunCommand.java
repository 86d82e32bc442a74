package dev.tunbridge.bridge.service;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.config.ServiceConfig;
import dev.tunbridge.bridge.supervisor.Moment;
import dev.tunbridge.bridge.supervisor.Supervisor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs a bridge, or several, in the foreground until a signal or a fault that no new try would mend; of several the last
 * one's end is the end.
 */
@Command(
        name = "run",
        description =
                "Runs the bridge in the foreground; SIGTERM or Ctrl-C ends it and takes everything back, SIGHUP goes over to what"
                        + " the configuration says now, SIGUSR1 connects anew at once.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class RunCommand implements Callable<Integer> {
    private static final int MAX_LOOPS = 1_024;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--stats-file",
            paramLabel = "FILE",
            description =
                    "Keeps all counters in this file, as one line of JSON: every 5 s, and at the end. Those of several"
                            + " tunnels stand there by the names of their devices.")
    private @Nullable Path statsFile;

    @Option(
            names = "--loops",
            paramLabel = "N",
            description = "Event loops that the tunnels share (default: one for each processor).")
    private @Nullable Integer loops;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Moment started = Moment.now();
        Foreground.neverBlockOnOutput(spec.commandLine());
        ServiceConfig config = options.service();
        boolean isOne = config.tunnels().size() == 1;
        List<Runnable> writers = new CopyOnWriteArrayList<>();
        Supervisor supervisor = Supervisor.of(
                config,
                loops(),
                options::service,
                name -> new Report(
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr(),
                        isOne ? "" : name + ": ",
                        () -> writers.forEach(Runnable::run)));
        Optional<StatsFile> stats = openStats(supervisor);
        stats.ifPresent(file -> writers.add(file::writeSoon));
        ControlSocket control = ControlSocket.open(config, new ControlCommands(supervisor, started));
        Foreground.endWith(() -> {
            supervisor.close();
            control.close();
            stats.ifPresent(StatsFile::close);
            return supervisor.hasEnded() ? ExitCode.OK : ExitCode.FAILED;
        });
        List<BridgeException> faults;
        try {
            ClassRehearsal.loadAll();
            UserSignal.USR1.onEach(supervisor::reconnect);
            if (options.hasFiles()) { // else there is nothing to read anew, and a closed terminal ends it as ever
                UserSignal.HUP.onEach(() -> reload(supervisor));
            }
            supervisor.start();
            faults = supervisor.awaitEnd();
        } finally {
            supervisor.close(); // also where this thread fails: nothing may be left behind
            control.close();
            stats.ifPresent(StatsFile::close);
        }
        if (!faults.isEmpty()) {
            throw faults.get(0);
        }
        return ExitCode.OK;
    }

    /** What is wrong is told, and the old configuration goes on. */
    private void reload(Supervisor supervisor) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        supervisor.reload().whenComplete((report, fault) -> {
            if (report != null) {
                Report.say(out, "reloaded: " + report.words());
            } else {
                Throwable cause =
                        fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
                Report.say(err, "tunbridge: not reloaded, the old configuration goes on: " + cause.getMessage());
            }
        });
    }

    private int loops() {
        Integer given = loops;
        if (given == null) {
            return Runtime.getRuntime().availableProcessors();
        }
        if (given < 1 || given > MAX_LOOPS) {
            throw new ConfigException("--loops", String.valueOf(given), "1 to " + MAX_LOOPS);
        }
        return given;
    }

    private Optional<StatsFile> openStats(Supervisor supervisor) {
        Path file = statsFile;
        if (file == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(StatsFile.start(file, supervisor::stats));
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(), "--stats-file: cannot write " + file + ": " + FileFault.reason(e), e);
        }
    }

    /** One line for each thing an operator wants to know: good news on stdout, bad on stderr. */
    private static final class Report implements BridgeListener {
        private final PrintWriter out;
        private final PrintWriter err;
        private final String prefix;
        /** Session, carriage and where the raw lane stands; told before the tunnel's addresses are. */
        private String established = "";

        private final RepeatedNews repeated = new RepeatedNews();
        private final Runnable news;

        /**
         * @param prefix of each line; empty where there is one tunnel, whose end ends the process
         * @param news is told of each change of the state
         */
        Report(PrintWriter out, PrintWriter err, String prefix, Runnable news) {
            this.out = out;
            this.err = err;
            this.prefix = prefix;
            this.news = news;
        }

        @Override
        public void onState(BridgeState state, String detail) {
            news.run();
            switch (state) {
                case WAITING ->
                    repeated.waiting(detail, System.nanoTime())
                            .ifPresent(text -> say(err, "tunbridge: " + prefix + text));
                case CONNECTING -> repeated.connecting(detail).ifPresent(text -> say(out, prefix + text));
                case CLOSED -> say(out, prefix + detail);
                case ESTABLISHED -> established = detail;
                case FAILED -> {
                    if (!prefix.isEmpty()) { // the end of the only one is told by the exit
                        say(err, "tunbridge: " + prefix + "ended: " + detail);
                    }
                }
                case NEW -> {
                    // nothing to tell
                }
            }
        }

        @Override
        public void onEstablished(TunnelInfo tunnel) {
            String line = String.format(
                    "%stunnel up: %s %s/%d, server %s, mtu %d, %s",
                    prefix,
                    tunnel.device(),
                    InetAddresses.toAddrString(tunnel.deviceAddress()),
                    tunnel.prefixLength(),
                    InetAddresses.toAddrString(tunnel.serverAddress()),
                    tunnel.mtu(),
                    established);
            Optional<String> now = repeated.up(line, System.nanoTime());
            now.ifPresent(text -> say(out, text));
            if (now.isEmpty()) {
                CompletableFuture.delayedExecutor(RepeatedNews.LASTING_NANOS, TimeUnit.NANOSECONDS)
                        .execute(() -> repeated.lasting(System.nanoTime()).ifPresent(text -> say(out, text)));
            }
        }

        private static void say(PrintWriter to, String line) {
            to.println(line);
            to.flush();
        }
    }
}
