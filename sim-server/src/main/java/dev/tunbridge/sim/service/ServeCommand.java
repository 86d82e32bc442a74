package dev.tunbridge.sim.service;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Endpoint;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.bridge.service.Foreground;
import dev.tunbridge.bridge.service.Version;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the simulated third-party server in the foreground. */
@Command(
        name = "serve",
        description = "Plays the third party's server, with a TUN device of its own.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ServeCommand implements Callable<Integer> {
    private static final int MAX_COUNT = 1_000;

    @Option(names = "--listen", required = true, paramLabel = "HOST:PORT", description = "Where devices connect.")
    private String listen = "";

    @Option(names = "--tun", paramLabel = "NAME", description = "Name of its TUN device (default: ${DEFAULT-VALUE}).")
    private String tun = "sim0";

    @Option(
            names = "--tunnel",
            required = true,
            paramLabel = "ADDRESS/LENGTH",
            description = "Its own address in the tunnel, with the length of the tunnel's prefix.")
    private String tunnel = "";

    @Option(
            names = "--device",
            required = true,
            paramLabel = "ADDRESS",
            description = "The address that it gives to the device.")
    private String device = "";

    @Option(
            names = "--carriage",
            paramLabel = "segment|packet",
            description = "How traffic travels (default: segment).")
    private String carriage = "segment";

    @Option(
            names = "--write",
            paramLabel = "frame|batch",
            description = "One send for each frame, or for many (default: frame).")
    private String write = "frame";

    @Option(
            names = "--format",
            paramLabel = "FILE",
            description = "Frame format: reference, plain-le, hdlc or a YAML description.")
    private String format = "reference";

    @Option(names = "--mtu", paramLabel = "N", description = "Inner MTU (default: ${DEFAULT-VALUE}).")
    private int mtu = ServerOptions.DEFAULT_MTU;

    @Option(names = "--token", paramLabel = "T", description = "What a hello must carry (default: anything).")
    private String token = "";

    @Option(
            names = "--count",
            paramLabel = "N",
            description =
                    "So many servers, each for a device of its own: ports and the numbers at the end of --tun count up,"
                            + " the addresses go on to the next network of the tunnel's length (default: 1).")
    private int count = 1;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Foreground.neverBlockOnOutput(spec.commandLine());
        List<ServerOptions> all = new ArrayList<>();
        all.add(options());
        value("--count", String.valueOf(count), "1 to " + MAX_COUNT, () -> {
            if (count < 1 || count > MAX_COUNT) {
                throw new IllegalArgumentException();
            }
            return count;
        });
        while (all.size() < count) {
            ServerOptions before = all.get(all.size() - 1);
            all.add(value(
                    "--count", String.valueOf(count), "as many as there are ports, names and addresses", before::next));
        }
        CompletableFuture<IOException> lost = new CompletableFuture<>();
        List<RunningServer> servers = new CopyOnWriteArrayList<>();
        Foreground.endWith(() -> {
            servers.forEach(RunningServer::close);
            return ExitCode.OK;
        });
        try {
            for (ServerOptions options : all) {
                RunningServer server = start(options);
                servers.add(server);
                server.server().lost().thenAccept(lost::complete);
            }
            throw lost.get();
        } finally {
            servers.forEach(RunningServer::close);
        }
    }

    private RunningServer start(ServerOptions options) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        RunningServer server = RunningServer.start(
                options,
                (topic, payload) -> {
                    out.printf("application message: topic %d, %d bytes%n", topic, payload.length);
                    out.flush();
                },
                new DefaultThreadFactory("simserver", true));
        out.println("serving on " + InetAddresses.toAddrString(server.address().getAddress()) + " port "
                + server.address().getPort() + ", " + options.tun() + " "
                + InetAddresses.toAddrString(options.tunnelAddress()) + "/" + options.prefixLength());
        out.flush();
        return server;
    }

    private ServerOptions options() {
        Endpoint endpoint = value("--listen", listen, "HOST:PORT", () -> Endpoint.parse(listen));
        int slash = tunnel.indexOf('/');
        InetAddress own = address("--tunnel", tunnel, slash < 0 ? tunnel : tunnel.substring(0, slash));
        int bits = own.getAddress().length * 8;
        int length = value("--tunnel", tunnel, "ADDRESS/LENGTH, the length at most " + bits, () -> {
            int given = Integer.parseInt(tunnel.substring(slash + 1));
            if (slash < 0 || given < 1 || given > bits) {
                throw new IllegalArgumentException();
            }
            return given;
        });
        Carriage way = value("--carriage", carriage, "segment or packet", () -> switch (carriage) {
            case "segment" -> Carriage.SEGMENT;
            case "packet" -> Carriage.PACKET;
            default -> throw new IllegalArgumentException();
        });
        WriteMode mode = value("--write", write, "frame or batch", () -> switch (write) {
            case "frame" -> WriteMode.FRAME;
            case "batch" -> WriteMode.BATCH;
            default -> throw new IllegalArgumentException();
        });
        int least = own.getAddress().length == 4 ? 576 : 1280;
        int checkedMtu = value("--mtu", String.valueOf(mtu), least + " to 65535", () -> {
            if (mtu < least || mtu > 65535) {
                throw new IllegalArgumentException();
            }
            return mtu;
        });
        InetAddress client = value("--device", device, "an address within --tunnel " + tunnel, () -> {
            InetAddress given = InetAddresses.forString(device);
            if (!Prefix.of(own, length).contains(given) || given.equals(own)) {
                throw new IllegalArgumentException();
            }
            return given;
        });
        BridgeConfig config = BridgeConfig.defaults().with(Settings.FORMAT.key(), format);
        try {
            return new ServerOptions(
                    new InetSocketAddress(InetAddress.getByName(endpoint.host()), endpoint.port()),
                    tun,
                    own,
                    length,
                    client,
                    way,
                    mode,
                    described(BridgeBuilder.loadProtocol(config)),
                    checkedMtu,
                    token);
        } catch (java.net.UnknownHostException e) {
            throw new ParameterException(spec.commandLine(), "--listen: cannot resolve " + endpoint.host(), e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
    }

    /** Plugins have the device's end alone. */
    private Protocol described(Protocol protocol) {
        if (protocol.driver().isPresent() || protocol.mapper().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--format: '" + format
                            + "' asks for a plugin, which is no server; allowed: a format whose session is"
                            + " described, or none");
        }
        return protocol;
    }

    private InetAddress address(String option, String text, String literal) {
        return value(option, text, "an IPv4 or IPv6 address", () -> InetAddresses.forString(literal));
    }

    private <T> T value(String option, String text, String allowed, Callable<T> parse) {
        try {
            return parse.call();
        } catch (Exception e) {
            throw new ParameterException(
                    spec.commandLine(), option + ": '" + text + "' is not valid; allowed: " + allowed, e);
        }
    }
}
