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
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.sim.server.RunningServer;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import dev.tunbridge.sim.sockets.Misdeed;
import dev.tunbridge.sim.sockets.SiteOptions;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** Of a network of two hosts, with its own address and the last one. */
    private static final int HOST_BITS = 2;

    private static final int HOSTS = 3;

    @Option(names = "--listen", required = true, paramLabel = "HOST:PORT", description = "Where devices connect.")
    private String listen = "";

    @Option(names = "--tun", paramLabel = "NAME", description = "Name of its TUN device (default: ${DEFAULT-VALUE}).")
    private String tun = "sim0";

    @Option(
            names = "--tunnel",
            paramLabel = "ADDRESS/LENGTH",
            description = "Its own address in the tunnel, with the length of the tunnel's prefix (default with carriage"
                    + " socket: beside --device in a network of two hosts).")
    private String tunnel = "";

    @Option(
            names = "--device",
            required = true,
            paramLabel = "ADDRESS",
            description = "The address that it gives to the device.")
    private String device = "";

    @Option(
            names = "--carriage",
            paramLabel = "segment|packet|socket",
            description =
                    "How traffic travels (default: segment). With socket, TCP and UDP of clients to --device, any port,"
                            + " end here, and each has a channel to the device.")
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
            names = "--misbehave",
            paramLabel = "RULE,...",
            description = "With carriage socket: breaks rules, to see what the device makes of it. Of overrun-credit,"
                    + " data-after-close, reuse-number, flood-opens.")
    private String misbehave = "";

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
        // One way: all that goes to the device's address ends here, or nothing does.
        Carriage way = value(
                "--carriage",
                carriage,
                "segment, packet or socket",
                () -> Carriage.of(carriage)
                        .filter(given -> given.parts().size() == 1)
                        .orElseThrow(IllegalArgumentException::new));
        if (tunnel.isEmpty()) {
            tunnel = tunnelBesideDevice(way);
        }
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
        Set<Misdeed> misdeeds = value(
                "--misbehave",
                misbehave,
                way == Carriage.SOCKET ? Misdeed.keys() : "nothing but with --carriage socket",
                () -> {
                    Set<Misdeed> asked = Misdeed.parse(misbehave);
                    if (way != Carriage.SOCKET && !asked.isEmpty()) {
                        throw new IllegalArgumentException();
                    }
                    return asked;
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
                    described(BridgeBuilder.loadProtocol(config), way),
                    checkedMtu,
                    token,
                    SiteOptions.HONEST.misdeeds(misdeeds));
        } catch (java.net.UnknownHostException e) {
            throw new ParameterException(spec.commandLine(), "--listen: cannot resolve " + endpoint.host(), e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
    }

    /** Nobody but its clients has this address, so the device's neighbour will do. */
    private String tunnelBesideDevice(Carriage way) {
        if (way != Carriage.SOCKET) {
            throw new ParameterException(
                    spec.commandLine(), "--tunnel is missing; with --carriage " + way.key() + " it has no default");
        }
        InetAddress given = address("--device", device, device);
        byte[] beside = given.getAddress();
        int host = beside[beside.length - 1] & HOSTS;
        return value("--device", device, "the first or second host of four addresses, or --tunnel too", () -> {
            if (host == 0 || host == HOSTS) {
                throw new IllegalArgumentException();
            }
            beside[beside.length - 1] ^= HOSTS;
            int length = beside.length * Byte.SIZE - HOST_BITS;
            return InetAddresses.toAddrString(InetAddress.getByAddress(beside)) + "/" + length;
        });
    }

    /** Plugins have the device's end alone, not every protocol has every carriage, and some need a secret. */
    private Protocol described(Protocol protocol, Carriage way) {
        if (protocol.driver().isPresent() || protocol.mapper().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--format: '" + format
                            + "' asks for a plugin, which is no server; allowed: a format whose session is"
                            + " described, or none");
        }
        if (!protocol.newCodec().carriages().containsAll(way.parts())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--carriage: '" + way.key() + "' is not valid; allowed: what --format '" + format
                            + "' has messages for, " + protocol.newCodec().carriages());
        }
        protocol.session()
                .emptyKey(Map.of("identity.token", new Value.Text(token)))
                .ifPresent(fault -> {
                    throw new ParameterException(
                            spec.commandLine(), "--token: " + fault.reason() + " in --format '" + format + "'");
                });
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
