package dev.tunbridge.sim.bench.peer;

import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.foreign.Vtund;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.wire.DatagramFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Ours: {@code tunbridge run} and its server as processes of their own, so that their time and memory can be read. The server
 * is {@code simserver serve}, or an unmodified vtund. The bridge's outer socket keeps the congestion control of its
 * configuration; the server's is the third party's.
 *
 * @param name as typed
 * @param isServerVtund whether the server is somebody else's
 * @param settings of the bridge
 */
record OwnPeer(
        String name, boolean isServerVtund, String write, String carriage, String format, Map<String, String> settings)
        implements Peer {
    /** Virtual sockets: nothing of what clients send is a packet to either end. */
    private static final String SOCKET = "socket";

    private static final int PORT = 7000;
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    /** As the launchers start Java: first what they share, then each one's own. */
    private static final List<String> JAVA_OPTIONS =
            List.of("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Xshare:auto");

    private static final List<String> SERVER_OPTIONS = List.of("-Xmx512m");
    private static final List<String> BRIDGE_OPTIONS = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=256m");

    private static final Vtund VTUND = VtunPeer.atServer(OptionalInt.empty());

    OwnPeer {
        settings = Map.copyOf(settings);
    }

    /** The settings are the bridge's but for server, write, carriage (all the server's) and format (both ends'). */
    static OwnPeer of(Spec spec, Map<String, String> shared) {
        Map<String, String> merged = new LinkedHashMap<>(shared);
        merged.putAll(spec.settings());
        Spec all = new Spec(spec.option(), spec.text(), spec.name(), spec.words(), merged);
        boolean isServerVtund = oneOf(all, "server", "simserver", "vtund").equals("vtund");
        if (isServerVtund) {
            for (String other : List.of("write", "carriage", Settings.FORMAT.key())) {
                if (merged.containsKey(other)) {
                    throw spec.wrong(other, "with server=vtund the bridge's own settings");
                }
            }
            merged.putAll(VTUND.clientSettings());
        }
        String write = oneOf(all, "write", "frame", "batch");
        String carriage = isServerVtund ? "packet" : oneOf(all, "carriage", "segment", "packet", SOCKET);
        if (carriage.equals(SOCKET)) {
            merged.put(Settings.CARRIAGE.key(), SOCKET);
            merged.putIfAbsent(Settings.RELAY_SOURCE.key(), "device"); // where services are, as in every tunnel
        }
        String format = all.text(Settings.FORMAT.key(), isServerVtund ? "vtun" : "reference");
        // Refuses unknown keys and wrong values with the bridge's own words, before anything starts.
        BridgeBuilder.loadProtocol(
                BridgeConfig.defaults().with(Settings.FORMAT.key(), format).with(merged));
        String algorithm = merged.get(Settings.CONGESTION_CONTROL.key());
        if (algorithm != null && !algorithm.equals(Settings.CONGESTION_CONTROL.defaultValue())) {
            Peer.requireInKernel(all, algorithm);
        }
        return new OwnPeer(spec.text(), isServerVtund, write, carriage, format, merged);
    }

    private static String oneOf(Spec spec, String key, String... allowed) {
        String value = spec.text(key, allowed[0]);
        if (!List.of(allowed).contains(value)) {
            throw spec.wrong(key + "=" + value, String.join(" or ", allowed));
        }
        return value;
    }

    private boolean isSocket() {
        return carriage.equals(SOCKET);
    }

    @Override
    public boolean carriesPackets() {
        return !isSocket();
    }

    @Override
    public boolean carriesDatagrams() {
        return true;
    }

    @Override
    public List<Program> programs() {
        return isServerVtund ? List.of(VtunPeer.VTUND) : List.of();
    }

    @Override
    public boolean canRestartServer() {
        return true;
    }

    @Override
    public Tunnel start(Site site) throws IOException, InterruptedException {
        if (isServerVtund) {
            site.serverSide().setCongestionControl(Site.CONGESTION_CONTROL);
        }
        Tunnel.ServerStart serving =
                isServerVtund ? () -> VTUND.serve(site.serverSide(), site.folder()) : () -> serve(site);
        int port = isServerVtund ? Vtund.PORT : PORT;
        String address = Site.OUTER_SERVER.getHostAddress() + ":" + port;
        List<String> run = java(BRIDGE_OPTIONS, "dev.tunbridge.bridge.service.Main");
        run.addAll(List.of("run", "--server", address, "--tun", "tb0", "--format", format));
        settings.forEach((key, value) -> run.addAll(List.of("--set", key + "=" + value)));
        BridgeAccount account = new BridgeAccount(site.folder().resolve("bridge.json"));
        run.addAll(List.of("--stats-file", account.file().toString()));
        LabProcess server = serving.start();
        LabProcess bridge = site.deviceSide().start(run.toArray(String[]::new));
        bridge.awaitLine("tunnel up", START_LIMIT);
        return new Tunnel(site.inner(), List.of(bridge), List.of(server), wire(), Optional.of(account))
                .restartable(serving);
    }

    private LabProcess serve(Site site) throws IOException, InterruptedException {
        List<String> serve = java(SERVER_OPTIONS, "dev.tunbridge.sim.service.Main");
        serve.addAll(List.of("serve", "--listen", Site.OUTER_SERVER.getHostAddress() + ":" + PORT, "--tun", "sim0"));
        serve.addAll(List.of("--tunnel", Site.INNER_SERVER.getHostAddress() + "/" + Site.PREFIX_LENGTH));
        serve.addAll(List.of("--device", Site.INNER_DEVICE.getHostAddress(), "--mtu", String.valueOf(Site.MTU)));
        serve.addAll(List.of("--write", write, "--carriage", carriage, "--format", format));
        LabProcess started = site.serverSide().start(serve.toArray(String[]::new));
        started.awaitLine("serving on", START_LIMIT);
        return started;
    }

    /** Nothing for virtual sockets, whose frames hold no packets by which they could be known. */
    private Optional<OuterWire> wire() {
        if (isSocket()) {
            return Optional.empty();
        }
        if (isServerVtund) {
            return Optional.of(VtunPeer.wire());
        }
        Protocol described = BridgeBuilder.loadProtocol(BridgeConfig.defaults().with(Settings.FORMAT.key(), format));
        Carriage way = Carriage.valueOf(carriage.toUpperCase(Locale.ROOT));
        return Optional.of(new OuterWire(PORT, payloadBytes -> DatagramFrame.of(described, way, payloadBytes)));
    }

    private static List<String> java(List<String> options, String mainClass) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA_OPTIONS);
        command.addAll(options);
        String more = System.getenv().getOrDefault("TUNBRIDGE_JAVA_OPTS", "").strip();
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split("\\s+", -1)));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        return command;
    }
}
