package dev.tunbridge.bridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.linux.TunInterface;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a namespace of its own can provoke, read by the real programs from the real kernel. */
class DoctorNamespaceTest {
    private static final String IPV4 = "/proc/sys/net/ipv4/";

    /** Another network of the test's, which the namespace reaches by a neighbour that is not there. */
    private static final String BEYOND = "198.19.9.9";

    private TestNamespace namespace;
    private final Host host = new Host(
            Path.of("/"),
            List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin")),
            DoctorNamespaceTest::resolve,
            Clock.systemUTC(),
            time -> {});

    /** A name server's part: one name with an address that answers and one that does not. */
    private static List<InetAddress> resolve(String name) throws UnknownHostException {
        return switch (name) {
            case "two.example" -> List.of(InetAddress.getByName("198.18.0.1"), InetAddress.getByName("198.18.0.77"));
            case "slow.example" -> {
                try {
                    Thread.sleep(1100);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                yield List.of(InetAddress.getByName("198.18.0.1"));
            }
            case "none.example" -> throw new UnknownHostException(name);
            default -> List.of(InetAddress.getByName(name));
        };
    }

    @BeforeEach
    void open() throws Exception {
        namespace = TestNamespace.open();
        namespace.inside("link", "set", "lo", "up");
        // One that routers' advertisements of this machine do not reach.
        namespace.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        namespace.addLan("198.18.0.1/24");
    }

    @AfterEach
    void close() throws Exception {
        namespace.close();
    }

    private List<Finding> examine(TunnelFacts... tunnels) throws Exception {
        return namespace.call(() -> Doctor.examine(host, List.of(tunnels)));
    }

    private List<FindingCode> codes(TunnelFacts... tunnels) throws Exception {
        return examine(tunnels).stream().map(Finding::code).toList();
    }

    private static TunnelFacts tunnel(String... settings) {
        Map<String, String> changes = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            changes.put(settings[i], settings[i + 1]);
        }
        return TunnelFacts.of(BridgeConfig.defaults().with(changes));
    }

    /** What of it is the machine's and not the namespace's. */
    private static boolean isOfMachine(Finding finding) {
        return finding.code() == FindingCode.NOT_KNOWN
                || finding.code() == FindingCode.CLOCK_NOT_SYNCHRONISED
                || finding.code() == FindingCode.SOFTNET_DROPS
                || finding.code() == FindingCode.SOFTNET_SQUEEZED
                || finding.code() == FindingCode.LOG_DISK_FULL;
    }

    @Test
    void findsNothingInACleanNamespace() throws Exception {
        assertThat(examine()).allMatch(DoctorNamespaceTest::isOfMachine);
        try (TunInterface device = namespace.openTun("tb0")) {
            namespace.inside("link", "set", "tb0", "up");
            assertThat(device.name()).isEqualTo("tb0");
            assertThat(examine(tunnel(
                            "tunnel.mtu", "1500", "tunnel.device-address", "198.19.0.1/30", "routes", "198.19.0.0/16")))
                    .allMatch(DoctorNamespaceTest::isOfMachine);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tcp_sack,0,TCP_SACK_OFF,1",
        "tcp_timestamps,0,TCP_TIMESTAMPS_OFF,1",
        "tcp_window_scaling,0,TCP_WINDOW_SCALING_OFF,1",
        "tcp_moderate_rcvbuf,0,TCP_AUTOTUNING_OFF,1",
        "tcp_rmem,4096 131072 262144,TCP_RMEM_SMALL,4096 131072 6291456",
        "tcp_wmem,4096 16384 262144,TCP_WMEM_SMALL,4096 16384 4194304",
        "tcp_reordering,1,TCP_REORDERING_LOW,3",
        "tcp_reordering,30,TCP_REORDERING_HIGH,3",
        "tcp_early_retrans,0,TCP_TAIL_LOSS_PROBE_OFF,3",
    })
    void findsASysctlAndSetsIt(String name, String value, FindingCode code, String healthy) throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4." + name + "=" + value);
        Finding found = examine().stream()
                .filter(finding -> finding.code() == code)
                .findFirst()
                .orElseThrow();
        assertThat(found.read()).isEqualTo(IPV4 + name + " is " + value);
        assertThat(found.fixes()).containsExactly(new Fix.FileValue(IPV4 + name, value, healthy));
        // The command is what --fix does.
        namespace.run("sh", "-c", found.mend());
        assertThat(codes()).doesNotContain(code);
        assertThat(namespace.<String>call(() -> host.value(IPV4 + name))).isEqualTo(healthy);
    }

    @Test
    void findsCongestionControls() throws Exception {
        assertThat(codes(tunnel("socket.congestion-control", "vegas-99")))
                .contains(FindingCode.CONGESTION_CONTROL_MISSING);
        assertThat(codes(tunnel("socket.congestion-control", "reno")))
                .doesNotContain(FindingCode.CONGESTION_CONTROL_MISSING, FindingCode.CONGESTION_CONTROL_RENO);
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_congestion_control=reno");
        assertThat(codes()).contains(FindingCode.CONGESTION_CONTROL_RENO);
    }

    @Test
    void findsThatTheHostAsksForEcn() throws Exception {
        namespace.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1");
        assertThat(codes()).contains(FindingCode.TCP_ECN_BY_HOST);
    }

    @Test
    void findsWhatIsWrongWithAnOpenDevice() throws Exception {
        try (TunInterface device = namespace.openTun("tb0")) {
            namespace.inside("link", "set", device.name(), "up", "txqueuelen", "50");
            namespace.run("sysctl", "-qw", "net.ipv4.conf.tb0.rp_filter=1");
            TunnelFacts facts = tunnel("tunnel.mtu", "1400");
            List<Finding> found = examine(facts);
            assertThat(found)
                    .extracting(Finding::code)
                    .contains(
                            FindingCode.TXQUEUELEN_SHORT, FindingCode.DEVICE_MTU_MISMATCH, FindingCode.RP_FILTER_STRICT)
                    .doesNotContain(FindingCode.DEVICE_DOWN, FindingCode.DEVICE_DROPS);
            for (Finding finding : found) {
                if (finding.affects().equals("tb0")) {
                    namespace.run("sh", "-c", finding.mend());
                }
            }
            assertThat(examine(facts)).allMatch(DoctorNamespaceTest::isOfMachine);

            namespace.inside("link", "set", "tb0", "down");
            assertThat(codes(facts)).contains(FindingCode.DEVICE_DOWN);
        }
    }

    @Test
    void findsWhatADeviceDropped() throws Exception {
        try (TunInterface device = namespace.openTun("tb0")) {
            namespace.inside("link", "set", device.name(), "up", "txqueuelen", "130");
            namespace.inside("route", "add", "198.19.0.0/24", "dev", "tb0");
            namespace.call(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    for (int i = 0; i < 3000; i++) {
                        socket.send(new DatagramPacket(new byte[100], 100, InetAddress.getByName("198.19.0.5"), 9));
                    }
                }
                return 0;
            });
            namespace.inside("link", "set", device.name(), "txqueuelen", "500");
            assertThat(codes(tunnel())).contains(FindingCode.DEVICE_DROPS);
        }
    }

    @Test
    void findsAQueueThatIsConfiguredShort() throws Exception {
        Finding found = examine(tunnel("tun.tx-queue-length", "20")).stream()
                .filter(finding -> finding.code() == FindingCode.TXQUEUELEN_SHORT)
                .findFirst()
                .orElseThrow();
        assertThat(found.fixable()).isFalse();
    }

    @Test
    void findsANameThatSomethingElseHas() throws Exception {
        namespace.inside("link", "add", "tb0", "type", "veth", "peer", "name", "tb1");
        assertThat(codes(tunnel())).contains(FindingCode.DEVICE_NOT_TUN);
        namespace.inside("link", "del", "tb0");
        namespace.inside("tuntap", "add", "dev", "tb0", "mode", "tap");
        assertThat(codes(tunnel())).contains(FindingCode.DEVICE_NOT_TUN);
        namespace.inside("tuntap", "del", "dev", "tb0", "mode", "tap");
        namespace.inside("tuntap", "add", "dev", "tb0", "mode", "tun", "multi_queue");
        assertThat(codes(tunnel())).contains(FindingCode.DEVICE_MULTI_QUEUE).doesNotContain(FindingCode.DEVICE_NOT_TUN);
        namespace.run("sh", "-c", "ip tuntap del dev tb0 mode tun multi_queue && ip tuntap add dev tb0 mode tun");
        assertThat(codes(tunnel())).doesNotContain(FindingCode.DEVICE_MULTI_QUEUE, FindingCode.DEVICE_NOT_TUN);
    }

    @Test
    void tellsADeadAddressFromADeadServer() throws Exception {
        try (ServerSocket server = namespace.call(() -> {
            ServerSocket socket = new ServerSocket();
            socket.bind(new InetSocketAddress("198.18.0.1", 0));
            return socket;
        })) {
            String port = ":" + server.getLocalPort();
            assertThat(codes(tunnel("server", "198.18.0.1" + port)))
                    .doesNotContain(
                            FindingCode.SERVER_UNREACHABLE, FindingCode.SERVER_ADDRESS_DEAD, FindingCode.NAME_SLOW);
            assertThat(codes(tunnel("server", "two.example" + port)))
                    .contains(FindingCode.SERVER_ADDRESS_DEAD)
                    .doesNotContain(FindingCode.SERVER_UNREACHABLE);
            assertThat(codes(tunnel("server", "slow.example" + port))).contains(FindingCode.NAME_SLOW);
        }
        assertThat(codes(tunnel("server", "198.18.0.1:9"))).contains(FindingCode.SERVER_UNREACHABLE);
        assertThat(codes(tunnel("server", "none.example:9"))).contains(FindingCode.NAME_UNRESOLVED);
    }

    @Test
    void findsThatThereIsNoWay() throws Exception {
        TunnelFacts facts = tunnel("server", BEYOND + ":9");
        assertThat(codes(facts)).contains(FindingCode.SERVER_NO_ROUTE);
        namespace.inside("route", "add", "unreachable", "198.19.9.0/24");
        assertThat(codes(facts)).contains(FindingCode.SERVER_NO_ROUTE);
        namespace.inside("route", "del", "unreachable", "198.19.9.0/24");
        try (TunInterface device = namespace.openTun("tb0")) {
            namespace.inside("link", "set", device.name(), "up");
            namespace.inside("route", "add", "198.19.9.0/24", "dev", "tb0");
            assertThat(codes(facts)).contains(FindingCode.SERVER_THROUGH_TUNNEL);
        }
    }

    @Test
    void findsRoutesThatWin() throws Exception {
        TunnelFacts facts = tunnel("routes", "198.19.0.0/16");
        namespace.inside("route", "add", "198.19.0.0/16", "via", "198.18.0.2", "metric", "100");
        assertThat(codes(facts)).doesNotContain(FindingCode.ROUTE_COMES_FIRST, FindingCode.ROUTE_MORE_SPECIFIC);
        namespace.inside("route", "add", "198.19.0.0/16", "via", "198.18.0.2", "metric", "10");
        namespace.inside("route", "add", "198.19.4.0/24", "via", "198.18.0.2");
        List<Finding> found = examine(facts);
        assertThat(found)
                .extracting(Finding::code)
                .contains(FindingCode.ROUTE_COMES_FIRST, FindingCode.ROUTE_MORE_SPECIFIC);
        for (Finding finding : found) {
            if (finding.code() == FindingCode.ROUTE_COMES_FIRST) {
                namespace.run("sh", "-c", finding.mend());
            }
        }
        assertThat(codes(facts))
                .doesNotContain(FindingCode.ROUTE_COMES_FIRST)
                .contains(FindingCode.ROUTE_MORE_SPECIFIC);
    }

    @Test
    void findsRulesThatAreAskedFirst() throws Exception {
        TunnelFacts facts = tunnel("tunnel.device-address", "198.19.0.1/30");
        namespace.inside("rule", "add", "from", "198.18.0.0/24", "lookup", "77", "pref", "100");
        namespace.inside("rule", "add", "lookup", "main", "suppress_prefixlength", "0", "pref", "101");
        namespace.inside("rule", "add", "iif", "lan0", "lookup", "77", "pref", "102");
        namespace.inside("rule", "add", "lookup", "77", "pref", "6000");
        namespace.inside("rule", "add", "lookup", "77", "pref", "103", "protocol", "84");
        assertThat(codes(facts)).doesNotContain(FindingCode.RULE_COMES_FIRST, FindingCode.RULE_FOR_SOME_FIRST);
        namespace.inside("rule", "add", "fwmark", "0x100/0xff00", "lookup", "78", "pref", "2001");
        assertThat(codes(facts)).contains(FindingCode.RULE_FOR_SOME_FIRST).doesNotContain(FindingCode.RULE_COMES_FIRST);
        namespace.inside("rule", "add", "from", "198.19.0.0/16", "lookup", "78", "pref", "2002");
        assertThat(codes(facts)).contains(FindingCode.RULE_COMES_FIRST);
    }

    @Test
    void findsTheTunnelsAddressElsewhere() throws Exception {
        TunnelFacts facts = tunnel("tunnel.device-address", "198.18.0.1/30");
        assertThat(codes(facts)).contains(FindingCode.ADDRESS_TAKEN);
        assertThat(codes(tunnel("tunnel.device-address", "198.18.0.2/30"))).doesNotContain(FindingCode.ADDRESS_TAKEN);
    }

    @Test
    void findsServicesBoundToNoAddress() throws Exception {
        TunnelFacts unmapped = tunnel("mapping", "off");
        try (DatagramSocket bound =
                namespace.call(() -> new DatagramSocket(new InetSocketAddress("198.18.0.1", 5060)))) {
            assertThat(bound.isBound()).isTrue();
            assertThat(codes(unmapped)).doesNotContain(FindingCode.UDP_SERVICE_WITHOUT_ADDRESS);
        }
        try (DatagramSocket wildcard = namespace.call(() -> new DatagramSocket(5060))) {
            assertThat(wildcard.isBound()).isTrue();
            assertThat(codes(unmapped)).contains(FindingCode.UDP_SERVICE_WITHOUT_ADDRESS);
            assertThat(codes(tunnel())).doesNotContain(FindingCode.UDP_SERVICE_WITHOUT_ADDRESS);
            assertThat(codes(tunnel("mapping", "off", "filter.allow", "udp:53")))
                    .doesNotContain(FindingCode.UDP_SERVICE_WITHOUT_ADDRESS);
        }
    }

    @Test
    void findsFragmentsAndWhatIsNotPutTogether() throws Exception {
        namespace.inside("link", "set", "lo", "mtu", "1500");
        namespace.run("ping", "-q", "-c", "30", "-i", "0.01", "-s", "4000", "127.0.0.1");
        assertThat(codes()).contains(FindingCode.FRAGMENTS_SENT).doesNotContain(FindingCode.REASSEMBLY_FAILS);
        namespace.run("sysctl", "-qw", "net.ipv4.ipfrag_low_thresh=0", "net.ipv4.ipfrag_high_thresh=1");
        namespace.run("sh", "-c", "ping -q -c 30 -i 0.01 -W 1 -s 4000 127.0.0.1 || true");
        assertThat(codes()).contains(FindingCode.REASSEMBLY_FAILS);
    }

    @Test
    void findsWhatTheReversePathFilterDropped() throws Exception {
        try (TestNamespace neighbour = TestNamespace.open()) {
            namespace.inside("link", "set", "lan1", "netns", neighbour.name());
            neighbour.inside("addr", "add", "198.18.0.2/24", "dev", "lan1");
            neighbour.inside("addr", "add", "198.19.5.5/32", "dev", "lan1");
            neighbour.inside("link", "set", "lan1", "up");
            neighbour.run("sysctl", "-qw", "net.ipv4.conf.lan1.arp_announce=2"); // the filter refuses ARP too
            assertThat(codes()).doesNotContain(FindingCode.REVERSE_PATH_DROPS);
            namespace.run("sysctl", "-qw", "net.ipv4.conf.lan0.rp_filter=1");
            neighbour.run("sh", "-c", "ping -c 1 -W 1 -I 198.19.5.5 198.18.0.1 || true");
            assertThat(codes()).contains(FindingCode.REVERSE_PATH_DROPS);
        }
    }

    @Test
    void findsADiskWithoutRoom(@TempDir Path folder) throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200");
        String logs = folder.resolve("var/log").toString();
        namespace.run("true");
        assertThat(new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tunbridge-doctor", logs)
                        .start()
                        .waitFor())
                .isZero();
        try {
            assertThat(tree.examine()).extracting(Finding::code).containsExactly(FindingCode.LOG_DISK_FULL);
        } finally {
            assertThat(new ProcessBuilder("umount", logs).start().waitFor()).isZero();
        }
        assertThat(tree.examine()).isEmpty();
        assertThat(Files.isDirectory(Path.of(logs))).isTrue();
    }
}
