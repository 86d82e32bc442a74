package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.sim.e2e.Scenes;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The outer connection's segments take another way while it lives: through another port of a bridge, by another interface than
 * what is sent, or by an interface that is renamed or made anew. Two hosts with real bridges, routes and TCP, and a loss now and then.
 */
class OuterWayTest {
    private static final Map<String, String> USUAL = Map.of();

    /** An address that the device keeps whatever becomes of its interfaces. */
    private static final String ADDRESS_OF_THE_HOST = """
            ip addr add 198.18.3.1/32 dev lo
            ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up
            ip route add 198.18.0.2/32 dev p0 src 198.18.3.1
            """;

    private TwoCables cables;

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("nft");
    }

    @BeforeEach
    void plugIn() throws Exception {
        cables = TwoCables.plugIn();
    }

    @AfterEach
    void unplug() {
        cables.close();
    }

    @Test
    void aBridgeThatChangesItsPortIsTheSameInterface() throws Exception {
        bridge();
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();

        changePort();
        cables.packetsGoEarlyFromOneInterface();
    }

    /** libpcap sees each segment at the port and at the bridge. */
    @Test
    void throughLibpcapTheOtherPortIsFollowed() throws Exception {
        cables.close();
        cables = TwoCables.plugInTaps();
        bridge();
        cables.connect(Map.of("capture.backend", "pcap"));
        cables.packetsGoEarly();

        changePort();
        cables.packetsGoEarly();
    }

    /** A kernel cable finishes no checksum, and libpcap does not say so. */
    @Test
    void throughLibpcapAKernelCableIsSaidToBeUnseen() throws Exception {
        cables.onDevice("ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up");
        cables.plainServer();
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.tunnel.Tunnel")) {
            cables.connect(Map.of("capture.backend", "pcap"));
            assertThat(log.lines()).anyMatch(line -> line.contains("SYN-ACK was not captured"));
        }
        cables.stream();
        assertThat(cables.received().lane()).isEqualTo(LaneState.LATE);
    }

    @Test
    void answersThatComeInByAnotherInterfaceAreFollowed() throws Exception {
        cables.onDevice("""
                ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up
                ip addr add 198.18.0.5/30 dev p1 && ip link set p1 up
                echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/p1/rp_filter
                """);
        cables.plainServer();
        cables.onServer("ip addr add 198.18.0.6/30 dev q1 && ip link set q1 up");
        cables.connect(USUAL);
        cables.packetsGoEarly();
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.receive.ReceivePath")) {
            cables.onServer("ip route add 198.18.0.1/32 via 198.18.0.5 dev q1");
            cables.packetsGoEarly();
            assertThat(cables.received().rejected()).containsKey(Rejection.INTERFACE);
            assertThat(log.lines()).anyMatch(line -> line.contains("by another interface than before"));
        }
    }

    @Test
    void anInterfaceThatIsRenamedIsTheSame() throws Exception {
        cables.onDevice("ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up");
        cables.plainServer();
        cables.connect(USUAL);
        cables.packetsGoEarly();

        cables.stream(cables.changeOfDevice("ip link set p0 down && ip link set p0 name wan0 && ip link set wan0 up"));
        cables.packetsGoEarlyFromOneInterface();
    }

    @Test
    void theConnectionLivesOnByAnInterfaceThatIsMadeAnewAndTheCaptureFollows() throws Exception {
        cables.onDevice(ADDRESS_OF_THE_HOST);
        cables.plainServer();
        cables.onServer("ip route add 198.18.3.1/32 via 198.18.0.1");
        cables.connect(USUAL);
        cables.packetsGoEarly();

        cables.onDevice("ip link del p0 && ip link add p0 type veth peer name q0 netns "
                + cables.server().fullName());
        cables.plainServer();
        cables.onDevice(ADDRESS_OF_THE_HOST.substring(ADDRESS_OF_THE_HOST.indexOf('\n')));
        cables.onServer("ip route add 198.18.3.1/32 via 198.18.0.1");
        cables.packetsGoEarly();
        assertThat(cables.received().rejected()).containsKey(Rejection.INTERFACE);
    }

    @Test
    void anInterfaceThatIsMadeAnewWithItsAddressBeginsAnotherSession() throws Exception {
        cables.onDevice("ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up");
        cables.plainServer();
        cables.connect(Map.of("reconnect.first", "100ms", "reconnect.most", "100ms"));
        cables.packetsGoEarly();

        cables.onDevice("ip link del p0 && ip link add p0 type veth peer name q0 netns "
                + cables.server().fullName());
        cables.plainServer();
        cables.onDevice("ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up");
        cables.awaitSession(2);
        cables.packetsGoEarlyFromOneInterface();
    }

    private void bridge() throws Exception {
        // The bridge has the address of its first port, as it would choose by itself: frames are for the host on that
        // port already.
        cables.onDevice("""
                ip link set p0 address 02:54:42:01:00:01 && ip link set p1 address 02:54:42:01:00:03
                ip link add br0 type bridge
                ip link set p0 master br0 && ip link set p1 master br0
                ip addr add 198.18.0.1/30 dev br0 && ip link set br0 up && ip link set p0 up
                """);
        cables.serverWithSwitch();
        cables.onServer("ip link set q1 down");
    }

    private void changePort() throws Exception {
        cables.onDevice("ip link set p1 up && ip link set p0 down");
        cables.onServer("ip link set q1 up && ip link set q0 down");
    }
}
