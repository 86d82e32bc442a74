package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.FileFault;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Records the packets of a running bridge. */
@Command(
        name = "capture",
        description =
                "Records the packets of a bridge that runs beside it in the same network namespace, as pcapng: the outer"
                        + " connection's, both ways, on any interface. SIGTERM or Ctrl-C ends it. Needs CAP_NET_RAW.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Start it before the bridge connects: without the handshake a replay cannot place the segments.",
            "The packets hold what the tunnel carries, secrets included.",
            "Example: tunbridge capture --server 198.18.0.2:7000 --out outer.pcapng, then tunbridge replay outer.pcapng"
        })
final class CaptureCommand implements Callable<Integer> {
    private static final String DEFAULT_MOST_BYTES = "1GiB";

    /** More addresses than a server has; each has a ring of its own. */
    private static final int MOST_ADDRESSES = 8;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "The file to write; one that is there goes.")
    @SuppressWarnings("NullAway.Init") // required, so set by picocli before call()
    private Path file;

    @Option(names = "--inner", description = "Records everything on the TUN device too, as a second interface.")
    private boolean inner;

    @Option(names = "--seconds", paramLabel = "N", description = "Ends after so long (default: when it is told to).")
    private @Nullable Integer seconds;

    @Option(
            names = "--max-bytes",
            paramLabel = "SIZE",
            converter = ByteSize.class,
            defaultValue = DEFAULT_MOST_BYTES,
            description = "Ends before the file grows beyond this (default: " + DEFAULT_MOST_BYTES + ").")
    private long mostBytes;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    private boolean isTold;

    @Override
    public Integer call() throws Exception {
        Foreground.neverBlockOnOutput(spec.commandLine());
        Integer limit = seconds;
        if (limit != null && limit < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--seconds: '" + limit + "' is not valid; allowed: 1 and more");
        }
        BridgeConfig config = options.config();
        Endpoint server = config.server();
        PacketRecorder recorder = open(server);
        if (inner) {
            recorder.alsoInner(config.get(Settings.TUN_NAME));
        }
        say("recording " + server + (inner ? " and " + config.get(Settings.TUN_NAME) : "") + " to " + file);
        CompletableFuture<PacketRecorder.Recorded> ended = recorder.start();
        Foreground.endWith(() -> {
            recorder.end("interrupted");
            return tell(ended);
        });
        if (limit != null) {
            recorder.endAfter(limit);
        }
        try {
            ended.get();
        } catch (ExecutionException e) {
            // told like every end
        }
        return tell(ended);
    }

    private PacketRecorder open(Endpoint server) throws IOException {
        List<InetSocketAddress> servers = resolve(server);
        try {
            return PacketRecorder.open(servers, file, mostBytes, this::say);
        } catch (LinuxException e) {
            if (!e.isForbidden()) {
                throw e;
            }
            throw new BridgeException(
                    BridgeException.Reason.PERMISSION, "needs CAP_NET_RAW, which root has: " + e.getMessage(), e);
        } catch (IOException e) {
            throw FileFault.cannotWrite("--out", file, e);
        }
    }

    private static List<InetSocketAddress> resolve(Endpoint server) throws IOException {
        try {
            return Arrays.stream(InetAddress.getAllByName(server.host()))
                    .limit(MOST_ADDRESSES)
                    .map(address -> new InetSocketAddress(address, server.port()))
                    .toList();
        } catch (UnknownHostException e) {
            throw new IOException("cannot resolve " + server.host(), e);
        }
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    /** Tells the end, once: the signal's thread and the command's own both come by, and who is second waits for the first. */
    private synchronized int tell(CompletableFuture<PacketRecorder.Recorded> ended) {
        PacketRecorder.Recorded recorded;
        try {
            recorded = ended.join();
        } catch (java.util.concurrent.CompletionException e) {
            if (!isTold) {
                isTold = true;
                Throwable cause = e.getCause() == null ? e : e.getCause();
                spec.commandLine().getErr().println("tunbridge capture: " + file + ": " + cause.getMessage());
                spec.commandLine().getErr().flush();
            }
            return ExitCode.FAILED;
        }
        if (!isTold) {
            isTold = true;
            say(String.format(
                    Locale.ROOT,
                    "ended %s: %s%s; %,d bytes in %.1f s",
                    recorded.reason(),
                    packets("outer", recorded.outerPackets(), recorded.outer()),
                    inner ? ", " + packets("inner", recorded.innerPackets(), recorded.inner()) : "",
                    recorded.bytes(),
                    recorded.nanos() / 1e9));
        }
        return ExitCode.OK;
    }

    private static String packets(String which, long written, CaptureCounters counters) {
        return String.format(
                Locale.ROOT,
                "%,d %s packets (%,d lost, %,d cut)",
                written,
                which,
                counters.dropped(),
                counters.truncated());
    }
}
