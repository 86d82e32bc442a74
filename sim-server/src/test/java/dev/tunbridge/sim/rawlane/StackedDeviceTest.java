package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The outer interface is made of others. Wherever the IP layer takes a segment, there the capture takes it, once; where that is in
 * another network namespace, it says that it has none. docs/past-the-hole.md lists what is seen where.
 */
class StackedDeviceTest {
    private static final Map<String, String> USUAL = Map.of();

    /** For a Java program that starts in user-mode Linux on a busy machine. */
    private static final Duration PROGRAM_LIMIT = Duration.ofMinutes(2);

    private static final Pattern EARLY = Pattern.compile("\"early_frames\":[1-9]");

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
    void aBondThatFailsOverInTheMidstOfASessionIsTheSameInterface() throws Exception {
        bond();
        cables.serverWithSwitch();
        cables.connect(USUAL);
        cables.packetsGoEarly();

        cables.stream(cables.changeOfDevice("ip link set p0 down"));
        cables.packetsGoEarlyFromOneInterface();
    }

    @Test
    void aVlanWhoseTagTheDriverHasTakenOffIsAnInterfaceOfItsOwn() throws Exception {
        vlan();
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    /** As from a driver that leaves the tag where it was. */
    @Test
    void aVlanWhoseTagLiesInTheFrameIsAnInterfaceOfItsOwn() throws Exception {
        cables.close();
        cables = TwoCables.plugInTaps();
        vlan();
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    @Test
    void aVlanOfABondFailsOverWithIt() throws Exception {
        cables.requireInterface("link p0 type vlan id 7");
        bond();
        cables.onDevice("""
                ip addr flush dev bond0 && ip link add link bond0 name bond0.5 type vlan id 5
                ip addr add 198.18.0.1/30 dev bond0.5 && ip link set bond0.5 up
                """);
        cables.serverWithSwitch();
        cables.onServer("""
                ip addr flush dev br0 && ip link add link br0 name br0.5 type vlan id 5
                ip addr add 198.18.0.2/30 dev br0.5 && ip link set br0.5 up
                """);
        cables.connect(USUAL);
        cables.packetsGoEarly();

        cables.stream(cables.changeOfDevice("ip link set p0 down"));
        cables.packetsGoEarlyFromOneInterface();
    }

    /** A socket outside of the VRF may use its address and not ask for it, so nobody knows in time what to capture. */
    @Test
    void aVrfThatIsEnteredByARouteIsSaidToBeUnseen() throws Exception {
        vrf();
        cables.onDevice("ip route add 198.18.0.2 dev vrf0 && sysctl -qw net.ipv4.tcp_l3mdev_accept=1");
        cables.plainServer();
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.tunnel.OuterConnection")) {
            cables.connect(USUAL);
            assertThat(log.lines()).anyMatch(line -> line.contains("no capture") && line.contains("ip vrf exec"));
        }
        cables.stream();
        assertThat(cables.received().lane()).isEqualTo(LaneState.FAILED);
    }

    /** Every socket of the program is the VRF's but the capture's, which sees the segments on the port. */
    @Test
    void aProgramThatRunsInAVrfSeesItsSegments(@TempDir Path folder) throws Exception {
        vrf();
        Command.Result canRun = cables.device().run(TwoCables.LIMIT, "ip", "vrf", "exec", "vrf0", "true");
        assumeTrue(canRun.isSuccess(), () -> "skipped: no 'ip vrf exec' here: " + canRun.errors());
        cables.plainServer();
        cables.serve();
        Path stats = folder.resolve("stats.json");
        try (LabProcess program = cables.startProgram(List.of("ip", "vrf", "exec", "vrf0"), stats)) {
            program.awaitLine("tunnel up", PROGRAM_LIMIT);
            await().atMost(PROGRAM_LIMIT).until(() -> {
                cables.stream();
                return Files.exists(stats)
                        && EARLY.matcher(Files.readString(stats)).find();
            });
            assertThat(Files.readString(stats)).contains("\"lane\":\"active\"");
            program.terminate();
            assertThat(program.awaitExit(PROGRAM_LIMIT)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bridge", "private", "vepa", "passthru"})
    void aMacvlanIsAnInterfaceOfItsOwn(String mode) throws Exception {
        cables.requireInterface("link p1 type macvlan");
        cables.onDevice("""
                ip link set p0 up && ip link add link p0 name mv0 type macvlan mode %s
                ip addr add 198.18.0.1/30 dev mv0 && ip link set mv0 up
                """.formatted(mode));
        cables.plainServer();
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    @Test
    void aMacvlanOfABridgeStaysWhereItIsWhenThePortChanges() throws Exception {
        cables.requireInterface("link p1 type macvlan");
        cables.onDevice("""
                ip link add br0 type bridge && ip link set p0 master br0 && ip link set p1 master br0
                ip link set br0 up && ip link set p0 up
                ip link add link br0 name mv0 type macvlan mode bridge
                ip addr add 198.18.0.1/30 dev mv0 && ip link set mv0 up
                """);
        cables.serverWithSwitch();
        cables.connect(USUAL);
        cables.packetsGoEarly();

        cables.stream(cables.changeOfDevice("ip link set p1 up && ip link set p0 down"));
        cables.packetsGoEarlyFromOneInterface();
    }

    @ParameterizedTest
    @ValueSource(strings = {"l2", "l3", "l3s"})
    void anIpvlanBesideItsParentIsSeenOnce(String mode) throws Exception {
        ipvlan(cables.device(), mode);
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    @ParameterizedTest
    @ValueSource(strings = {"l2", "l3"})
    void anIpvlanInANamespaceOfItsOwnIsSeenThere(String mode) throws Exception {
        ipvlan(cables.host("parent"), mode);
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    /** Its segments become the ipvlan's behind the parent's IP layer, in the parent's namespace. */
    @Test
    void anIpvlanOfModeL3sInANamespaceOfItsOwnIsSaidToBeUnseen() throws Exception {
        ipvlan(cables.host("parent"), "l3s");
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.tunnel.Tunnel")) {
            cables.connect(USUAL);
            assertThat(log.lines()).anyMatch(line -> line.contains("SYN-ACK was not captured"));
        }
        cables.stream();
        assertThat(cables.received().lane()).isEqualTo(LaneState.LATE);
        assertThat(cables.received().segments()).isZero();
    }

    @Test
    void aCableIntoAnotherHostsBridgeIsAnyCable() throws Exception {
        LabNamespace host = cables.host("host");
        cables.onDevice("ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up");
        cables.onServer("ip link set q0 netns %s && ip link set q1 up && ip addr add 198.18.0.2/30 dev q1"
                .formatted(host.fullName()));
        cables.onDevice("ip link set p1 netns " + host.fullName());
        TwoCables.on(host, """
                ip link add br0 type bridge && ip link set br0 up
                ip link set q0 master br0 up && ip link set p1 master br0 up
                """);
        cables.connect(USUAL);
        cables.packetsGoEarlyFromOneInterface();
    }

    private void bond() throws Exception {
        cables.requireInterface("type bond");
        cables.onDevice("""
                ip link add bond0 type bond mode active-backup miimon 50
                ip link set p0 master bond0 && ip link set p1 master bond0
                ip addr add 198.18.0.1/30 dev bond0 && ip link set bond0 up
                """);
    }

    private void vlan() throws Exception {
        cables.requireInterface("link p0 type vlan id 7");
        cables.onDevice("""
                ip link set p0 up && ip link add link p0 name p0.5 type vlan id 5
                ip addr add 198.18.0.1/30 dev p0.5 && ip link set p0.5 up
                """);
        cables.onServer("""
                ip link set q0 up && ip link add link q0 name q0.5 type vlan id 5
                ip addr add 198.18.0.2/30 dev q0.5 && ip link set q0.5 up
                """);
    }

    private void vrf() throws Exception {
        cables.requireInterface("type vrf table 11");
        cables.onDevice("""
                ip link add vrf0 type vrf table 10 && ip link set vrf0 up
                ip link set p0 master vrf0 && ip addr add 198.18.0.1/30 dev p0 && ip link set p0 up
                """);
    }

    /** The third layer's kinds ask nobody for a neighbour and answer nobody who asks: the hosts know each other. */
    private void ipvlan(LabNamespace parent, String mode) throws Exception {
        cables.requireInterface("link p1 type ipvlan mode " + mode);
        cables.onServer("ip link set q0 address 02:54:42:01:00:02");
        cables.plainServer();
        cables.onServer("ip neigh replace 198.18.0.1 lladdr 02:54:42:01:00:01 dev q0");
        if (parent != cables.device()) {
            cables.onDevice("ip link set p0 netns " + parent.fullName());
        }
        TwoCables.on(parent, """
                ip link set p0 address 02:54:42:01:00:01 && ip link set p0 up
                ip link add link p0 name iv0 type ipvlan mode %s
                ip neigh replace 198.18.0.2 lladdr 02:54:42:01:00:02 dev p0
                ip route add 198.18.0.2 dev p0
                """.formatted(mode));
        if (parent != cables.device()) {
            TwoCables.on(parent, "ip link set iv0 netns " + cables.device().fullName());
        }
        cables.onDevice("ip addr add 198.18.0.1/30 dev iv0 && ip link set iv0 up");
    }
}
