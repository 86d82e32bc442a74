package dev.tunbridge.sim.e2e;

import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabServer;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.LabBridge;
import dev.tunbridge.sim.server.RunningServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A device with two uplinks, a0 to a LAN with the gateways one and two, and b0 to the gateway other; behind them all a simulated server.
 * The gateways know no connection that began elsewhere, as those of different providers do not: b's takes no other sender's.
 *
 * <pre>
 *   device a0 .0.10 --- lan (bridge) --- .0.1 one  .2.1 --- .2.2 server 198.18.1.1, 2001:2:0:9::1
 *                                    --- .0.2 two  .2.5 --- .2.6
 *          b0 .8.10 ------------------- .8.1 other .2.9 --- .2.10
 * </pre>
 */
final class WayLab implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int PORT = 7000;

    private final Lab lab = Lab.open();
    private final LabNamespace device = lab.namespace("device");
    private final LabNamespace lan = lab.namespace("lan");
    private final LabNamespace one = lab.namespace("one");
    private final LabNamespace two = lab.namespace("two");
    private final LabNamespace other = lab.namespace("other");
    private final LabNamespace server = lab.namespace("server");
    private final List<String> news = new CopyOnWriteArrayList<>();
    private volatile long upNanos = System.nanoTime();
    private @Nullable RunningServer running;
    private @Nullable LabBridge bridge;
    private @Nullable WayProbe probe;

    private WayLab() throws IOException {}

    static WayLab open() throws Exception {
        WayLab opened = new WayLab();
        try {
            opened.setUp();
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private void setUp() throws IOException {
        cable("a0", device, "device0", lan);
        cable("near0", one, "one0", lan);
        cable("near0", two, "two0", lan);
        cable("b0", device, "near0", other);
        cable("far0", one, "one0", server);
        cable("far0", two, "two0", server);
        cable("far0", other, "other0", server);
        run(
                lan,
                "ip link add br0 type bridge mcast_snooping 0; for p in device0 one0 two0;"
                        + " do ip link set $p master br0 up; done; ip link set br0 up");
        gateway(one, "0.1/24", "a::1/64", 1);
        gateway(two, "0.2/24", "a::2/64", 2);
        gateway(other, "8.1/24", "b::1/64", 3);
        run(
                server,
                "ip addr add 198.18.1.1/32 dev lo; ip addr add 2001:2:0:9::1/128 dev lo nodad;"
                        + " n=0; for p in one0 two0 other0; do n=$((n+1)); ip link set $p up;"
                        + " ip addr add 198.18.2.$((4*n-2))/30 dev $p; ip addr add fe80::$((n+10))/64 dev $p nodad; ip addr add 2001:2:0:2$n::2/64 dev $p nodad; done;"
                        + " ip route add 198.18.8.0/24 via 198.18.2.9; ip -6 route add 2001:2:0:b::/64 via 2001:2:0:23::1");
        run(
                other,
                "nft 'add table inet way; add chain inet way f { type filter hook forward priority 0; };"
                        + " add rule inet way f iifname near0 ip saddr != 198.18.8.0/24 drop;"
                        + " add rule inet way f iifname near0 ip6 saddr != 2001:2:0:b::/64 drop'");
        running = LabServer.start(server, new InetSocketAddress(PORT));
    }

    private static void cable(String end, LabNamespace at, String otherEnd, LabNamespace to) throws IOException {
        run(at, "ip link add " + end + " type veth peer name " + otherEnd + " netns " + to.fullName());
    }

    private static void gateway(LabNamespace gateway, String near, String near6, int number) throws IOException {
        run(
                gateway,
                // A router without a link-local address finds no IPv6 neighbours for what it forwards.
                "ip link set near0 up; ip link set far0 up; ip addr add fe80::" + number + "/64 dev near0 nodad;"
                        + " ip addr add fe80::1/64 dev far0 nodad; ip addr add 198.18." + near
                        + " dev near0; ip addr add 2001:2:0:"
                        + near6 + " dev near0 nodad; ip addr add 198.18.2." + (4 * number - 3)
                        + "/30 dev far0; ip addr add 2001:2:0:2" + number + "::1/64 dev far0 nodad;"
                        + " ip route add 198.18.1.0/24 via 198.18.2." + (4 * number - 2)
                        + "; ip -6 route add 2001:2:0:9::/64 via 2001:2:0:2" + number + "::2;"
                        + " sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    }

    /** Everything as it was at first: no bridge, only a0 with its address, and gateway one. */
    WayLab restore() throws IOException {
        end();
        ipOf(
                "addr flush dev a0",
                "addr flush dev b0",
                "route flush table 100",
                "rule del pref 100",
                "rule del pref 40000",
                "route del prohibit default metric 9999",
                "link set a0 down",
                "link set b0 down",
                "link set a0 up",
                "addr add 198.18.0.10/24 dev a0",
                "addr add fe80::10/64 dev a0 nodad",
                "addr add 2001:2:0:a::10/64 dev a0 nodad",
                "route add default via 198.18.0.1",
                "route add default via 2001:2:0:a::1 dev a0 onlink"); // a batch takes no -6
        run(device, "sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=0");
        run(lan, "ip link set device0 up; ip link set one0 up; ip link set two0 up");
        returnThrough(1);
        return this;
    }

    /** Beside a0, with a default route of a higher metric. */
    void addUplinkB() throws IOException {
        ipOf(
                "link set b0 up",
                "addr add 198.18.8.10/24 dev b0",
                "addr add 2001:2:0:b::10/64 dev b0 nodad",
                "route add default via 198.18.8.1 metric 200",
                "route add default via 2001:2:0:b::1 dev b0 onlink metric 2000");
    }

    /** The server's own way to the LAN leads through gateway 1 or 2. */
    void returnThrough(int gateway) throws IOException {
        run(
                server,
                "ip route replace 198.18.0.0/24 via 198.18.2." + (4 * gateway - 3)
                        + "; ip -6 route replace 2001:2:0:a::/64 via 2001:2:0:2" + gateway + "::1");
    }

    /** Gateway 1 or 2 is off. */
    void stopGateway(int gateway) throws IOException {
        run(lan, "ip link set " + (gateway == 1 ? "one0" : "two0") + " down");
    }

    /** The carrier of a0. */
    void carrier(boolean isThere) throws IOException {
        run(lan, "ip link set device0 " + (isThere ? "up" : "down"));
    }

    /** At the device, in one go. */
    void ip(String... lines) throws IOException {
        run(device, "ip -batch - <<'END'\n" + String.join("\n", lines) + "\nEND");
    }

    private void ipOf(String... lines) throws IOException {
        device.run(LIMIT, "sh", "-c", "ip -force -batch - <<'END'\n" + String.join("\n", lines) + "\nEND");
    }

    static void run(LabNamespace namespace, String script) throws IOException {
        Command.Result result = namespace.run(LIMIT, "sh", "-ec", script);
        if (!result.isSuccess()) {
            throw new IOException(script + ": " + result);
        }
    }

    LabNamespace device() {
        return device;
    }

    LabNamespace server() {
        return server;
    }

    static String address(Family family) {
        return family == Family.IPV4 ? "198.18.1.1" : "2001:2:0:9::1";
    }

    /** Starts a bridge whose waits are so long that only news can end them, and sends datagrams through it. */
    WayProbe bridge(Family outer, Map<String, String> settings) throws IOException {
        BridgeBuilder builder = Bridge.builder()
                .server("server.example", PORT)
                .tun("tb0")
                .set("reconnect.first", "40s")
                .set("reconnect.most", "40s")
                .set(settings)
                .resolver(host -> List.of(InetAddresses.forString(address(outer))))
                .listener(new BridgeListener() {
                    @Override
                    public void onState(BridgeState state, String detail) {
                        if (state == BridgeState.ESTABLISHED) {
                            upNanos = System.nanoTime();
                        }
                        news.add(state + ": " + detail);
                    }
                });
        LabBridge made = LabBridge.on(device, builder);
        bridge = made;
        made.bridge().start();
        WayProbe sent = WayProbe.start(this);
        probe = sent;
        return sent;
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

    long count(String state) {
        return news.stream().filter(line -> line.startsWith(state)).count();
    }

    void awaitNews(String text) {
        await().alias(text)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> news.stream().anyMatch(line -> line.contains(text)));
    }

    /** Waits for the session of this number, counted from 1. */
    void awaitUp(int session) {
        await().alias("session " + session)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> count("ESTABLISHED") >= session);
    }

    /** When the latest session was established. */
    long lastUpNanos() {
        return upNanos;
    }

    /** Ends the bridge. */
    private void end() throws IOException {
        if (probe != null) {
            probe.close();
            probe = null;
        }
        if (bridge != null) {
            Bridge ending = bridge.bridge();
            ending.close();
            try {
                ending.ended().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IOException("the bridge does not end", e);
            }
            bridge.close();
            bridge = null;
        }
        news.clear();
    }

    @Override
    public void close() throws IOException {
        try {
            end();
            if (running != null) {
                running.close();
            }
        } finally {
            lab.close();
        }
    }
}
