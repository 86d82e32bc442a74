package dev.tunbridge.bridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.net.TestNamespace;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device, a router and a server in three namespaces; the router's link to the server takes 1400 bytes. */
class DoctorPathTest {
    private static final String SERVER = "198.19.0.2";

    private TestNamespace device;
    private TestNamespace router;
    private TestNamespace server;

    private final Host host = new Host(
            Path.of("/"),
            List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin")),
            name -> List.of(InetAddress.getByName(name)),
            Clock.systemUTC(),
            time -> {});

    @BeforeEach
    void open() throws Exception {
        device = TestNamespace.open();
        router = TestNamespace.open();
        server = TestNamespace.open();
        for (TestNamespace each : List.of(device, router, server)) {
            each.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        }
        router.inside("link", "add", "d0", "type", "veth", "peer", "name", "d1", "netns", device.name());
        router.inside("link", "add", "s0", "type", "veth", "peer", "name", "s1", "netns", server.name());
        router.inside("addr", "add", "198.18.0.1/24", "dev", "d0");
        router.inside("addr", "add", "198.19.0.1/24", "dev", "s0");
        device.inside("addr", "add", "198.18.0.2/24", "dev", "d1");
        server.inside("addr", "add", SERVER + "/24", "dev", "s1");
        router.inside("link", "set", "d0", "up");
        router.inside("link", "set", "s0", "up");
        device.inside("link", "set", "d1", "up");
        server.inside("link", "set", "s1", "up");
        device.inside("route", "add", "default", "via", "198.18.0.1");
        server.inside("route", "add", "default", "via", "198.19.0.1");
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        router.close();
        server.close();
    }

    private List<FindingCode> codes(int port) throws Exception {
        return found(port).stream().map(Finding::code).toList();
    }

    private List<Finding> found(int port) throws Exception {
        TunnelFacts facts = TunnelFacts.of(BridgeConfig.defaults().with("server", SERVER + ":" + port));
        return device.call(() -> Doctor.examine(host, List.of(facts)));
    }

    @Test
    void tellsAHoleFromANarrowPath() throws Exception {
        assertThat(codes(9)).doesNotContain(FindingCode.PATH_MTU_HOLE, FindingCode.PATH_MTU_SMALL);

        router.inside("link", "set", "s0", "mtu", "1400");
        router.run(
                "nft",
                "add table ip t; add chain ip t o { type filter hook output priority 0; };"
                        + " add rule ip t o icmp type destination-unreachable drop");
        List<Finding> holes = found(9);
        assertThat(holes).extracting(Finding::code).contains(FindingCode.PATH_MTU_HOLE);
        assertThat(holes)
                .anySatisfy(
                        finding -> assertThat(finding.read()).contains("packets of 1500 bytes", "those of 1400 do"));
        assertThat(holes).anySatisfy(finding -> assertThat(finding.mend()).contains("socket.max-segment=1360"));

        router.run("nft", "delete", "table", "ip", "t");
        assertThat(codes(9)).doesNotContain(FindingCode.PATH_MTU_HOLE); // the router says what passes
        assertThat(codes(9)).contains(FindingCode.PATH_MTU_SMALL).doesNotContain(FindingCode.PATH_MTU_HOLE);
    }

    @Test
    void saysWhereNoEchoIsAnswered() throws Exception {
        server.run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1");
        assertThat(found(9)).anySatisfy(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.NOT_KNOWN);
            assertThat(finding.read()).contains("it answers no echo request");
        });
        assertThat(codes(9)).doesNotContain(FindingCode.PATH_MTU_HOLE);
    }

    @Test
    void findsSegmentsThatAreKeptShort() throws Exception {
        try (ServerSocket listening = server.call(() -> new ServerSocket(0, 50, InetAddress.getByName(SERVER)))) {
            int port = listening.getLocalPort();
            try (Socket whole = connect(port)) {
                assertThat(whole.isConnected()).isTrue();
                assertThat(codes(port))
                        .doesNotContain(FindingCode.OUTER_SEGMENTS_SHORT, FindingCode.SERVER_UNREACHABLE);
                listening.setSoTimeout(200);
                listening.accept().close();
                // No second connection beside one that stands.
                assertThatThrownBy(listening::accept).isInstanceOf(SocketTimeoutException.class);
            }
            router.run(
                    "nft",
                    "add table ip t; add chain ip t f { type filter hook forward priority 0; };"
                            + " add rule ip t f tcp flags syn tcp option maxseg size set 900");
            try (Socket clamped = connect(port)) {
                assertThat(clamped.isConnected()).isTrue();
                assertThat(codes(port)).contains(FindingCode.OUTER_SEGMENTS_SHORT);
            }
        }
    }

    private Socket connect(int port) throws Exception {
        return device.call(() -> {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(SERVER, port), 2000);
            return socket;
        });
    }
}
