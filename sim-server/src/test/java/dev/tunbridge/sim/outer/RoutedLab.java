package dev.tunbridge.sim.outer;

import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabServer;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.scene.LabBridge;
import dev.tunbridge.sim.server.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Device, router and server, a simulated server on every address, and a bridge with a name server of the test's own. */
final class RoutedLab implements AutoCloseable {
    static final int PORT = 7000;
    static final String NAME = "server.example";
    static final Duration LIMIT = Duration.ofSeconds(40);

    private final Lab lab = Lab.open();
    private final List<String> news = new CopyOnWriteArrayList<>();
    private final List<Long> upNanos = new CopyOnWriteArrayList<>();
    private final LabNamespace device;
    private final LabNamespace router;
    private final LabNamespace server;
    private @Nullable RunningServer running;
    private @Nullable LabBridge bridge;
    private volatile List<InetAddress> addresses = List.of();

    private RoutedLab() throws IOException {
        device = lab.namespace("device");
        router = lab.namespace("router");
        server = lab.namespace("server");
    }

    static RoutedLab open() throws Exception {
        return open(LinkProfile.VETH);
    }

    /** @param near between device and router */
    static RoutedLab open(LinkProfile near) throws Exception {
        RoutedLab opened = new RoutedLab();
        try {
            opened.setUp(near);
            return opened;
        } catch (Exception e) {
            opened.close();
            throw e;
        }
    }

    private void setUp(LinkProfile near) throws Exception {
        lab.connect(
                device.at("out0", "198.18.0.1/30", "2001:2:0:1::1/64"),
                router.at("near0", "198.18.0.2/30", "2001:2:0:1::2/64"),
                near,
                1);
        lab.connect(
                router.at("far0", "198.18.0.5/30", "2001:2:0:3::1/64"),
                server.at("out0", "198.18.0.6/30", "2001:2:0:3::2/64"),
                LinkProfile.VETH,
                1);
        run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        run(device, "ip", "route", "add", "default", "via", "198.18.0.2");
        run(device, "ip", "-6", "route", "add", "default", "via", "2001:2:0:1::2");
        run(server, "ip", "route", "add", "default", "via", "198.18.0.5");
        run(server, "ip", "-6", "route", "add", "default", "via", "2001:2:0:3::1");
        for (int i = 1; i <= 3; i++) {
            run(server, "ip", "address", "add", "198.18.1." + i + "/32", "dev", "lo");
            run(server, "ip", "address", "add", "2001:2:0:9::" + i + "/128", "dev", "lo");
        }
        run(router, "ip", "route", "add", "198.18.1.0/24", "via", "198.18.0.6");
        run(router, "ip", "-6", "route", "add", "2001:2:0:9::/64", "via", "2001:2:0:3::2");
        run(
                router,
                "nft",
                "add table inet test; add chain inet test way { type filter hook forward priority 0; };"
                        + " add chain inet test own { type filter hook output priority 0; }");
    }

    static void run(LabNamespace namespace, String... command) throws IOException {
        var result = namespace.run(LIMIT, command);
        if (!result.isSuccess()) {
            throw new IOException(String.join(" ", command) + ": " + result);
        }
    }

    /** The router does this with what it forwards. */
    void onTheWay(String rule) throws IOException {
        run(router, "nft", "add rule inet test way " + rule);
    }

    /** The router does this with what it says itself. */
    void byTheRouter(String rule) throws IOException {
        run(router, "nft", "add rule inet test own " + rule);
    }

    /** The router drops nothing any more. */
    void clear() throws IOException {
        run(router, "nft", "flush chain inet test way; flush chain inet test own");
    }

    LabNamespace device() {
        return device;
    }

    LabNamespace router() {
        return router;
    }

    LabNamespace server() {
        return server;
    }

    RoutedLab serve() throws IOException {
        running = LabServer.start(server, new InetSocketAddress(PORT));
        return this;
    }

    /** Starts a bridge for which the name has these addresses. */
    RoutedLab bridge(Map<String, String> settings, String... of) {
        resolveTo(of);
        BridgeBuilder builder = Bridge.builder()
                .server(NAME, PORT)
                .tun("tb0")
                .set("reconnect.first", "100ms")
                .set("reconnect.most", "100ms")
                .set(settings)
                .resolver(host -> addresses)
                .listener(new BridgeListener() {
                    @Override
                    public void onState(BridgeState state, String detail) {
                        news.add(state + ": " + detail);
                    }

                    @Override
                    public void onEstablished(TunnelInfo tunnel) {
                        upNanos.add(System.nanoTime());
                    }
                });
        LabBridge made = LabBridge.on(device, builder);
        bridge = made;
        made.bridge().start();
        return this;
    }

    void resolveTo(String... of) {
        addresses = Stream.of(of).map(InetAddresses::forString).toList();
    }

    Bridge bridge() {
        if (bridge == null) {
            throw new IllegalStateException("no bridge was started");
        }
        return bridge.bridge();
    }

    /** What the bridge said, in order. */
    List<String> news() {
        return news;
    }

    /** Waits for the session of this number, counted from 1; when it was established. */
    long awaitUp(int session) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> upNanos.size() >= session);
        return upNanos.get(session - 1);
    }

    /** Sessions so far. */
    int sessions() {
        return upNanos.size();
    }

    void awaitNews(String text) {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> news.stream().anyMatch(line -> line.contains(text)));
    }

    /** The server's address of the connection there is. */
    String connectedTo() throws IOException {
        return device.run(LIMIT, "ss", "-Htn", "state", "established", "dport", "=", String.valueOf(PORT))
                .output()
                .strip();
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
        try {
            if (running != null) {
                running.close();
            }
        } finally {
            lab.close();
        }
    }
}
