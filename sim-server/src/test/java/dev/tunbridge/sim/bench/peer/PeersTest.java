package dev.tunbridge.sim.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.bench.Bench;
import dev.tunbridge.sim.bench.BenchProgress;
import dev.tunbridge.sim.bench.load.Workload;
import dev.tunbridge.sim.bench.plan.BenchOptions;
import dev.tunbridge.sim.bench.report.BenchReport;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.LinkProfile;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each tunnel of others, where it is installed: it starts, carries bytes both ways, and leaves nothing. */
class PeersTest {
    private static final String REORDERING = "/proc/sys/net/ipv4/tcp_reordering";
    private static final Duration PATH_LIMIT = Duration.ofSeconds(20);
    private static final Duration END_LIMIT = Duration.ofSeconds(2);
    private static final int LOAD_SECONDS = 1;

    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "openvpn:proto=udp,tun.tx-queue-length=77",
                "wireguard",
                "wireguard-go:tun.tx-queue-length=77",
                "tinc:tun.tx-queue-length=77",
                "ssh:tun.tx-queue-length=77",
                "sshuttle"
            })
    void carriesBothWaysAndLeavesNothing(String text) throws Exception {
        Peer peer = Peer.parse(text, Map.of());
        requireInstalled(peer);
        List<String> namespaces;
        Path folder;
        try (Site site = Site.open(LinkProfile.named("veth"), 1)) {
            namespaces = List.of(namespaceOf(site.deviceSide()), namespaceOf(site.serverSide()));
            folder = site.folder();
            try (Tunnel tunnel = peer.start(site)) {
                peer.awaitPath(tunnel, PATH_LIMIT);
                for (Direction direction : Direction.values()) {
                    Workload load = Workload.parse("tcp:" + direction.word(), LOAD_SECONDS);
                    assertThat(load.play(tunnel).bytes())
                            .as("bytes %s", direction)
                            .isPositive();
                }
                assertThat(tunnel.fault()).isEmpty();
                assertThat(device(tunnel.ends())).contains(" mtu 1400 ", text.contains("77") ? " qlen 77" : " qlen ");
                assertThat(tunnel.hasProcesses()).isEqualTo(!text.equals("wireguard"));
            }
        }
        assertThat(folder).doesNotExist();
        // What sshuttle has started to take its rules back may end a moment later.
        await().atMost(END_LIMIT)
                .untilAsserted(() -> assertThat(ProcessHandle.allProcesses())
                        .as("processes left")
                        .noneMatch(process -> namespaces.contains(namespaceOf(process))));
    }

    @Test
    void looseReorderingIsSetInBothNamespacesAlone() throws Exception {
        Peer peer = Peer.parse("direct:reordering=loose", Map.of());
        String before = Command.run("cat", REORDERING);
        try (Site site = Site.open(LinkProfile.named("veth"), 1);
                Tunnel tunnel = peer.start(site)) {
            peer.awaitPath(tunnel, PATH_LIMIT);
            for (LabNamespace host : List.of(site.deviceSide(), site.serverSide())) {
                assertThat(sysctl(host, "tcp_reordering")).isEqualTo("30");
                assertThat(sysctl(host, "tcp_recovery")).isEqualTo("4");
                assertThat(sysctl(host, "tcp_early_retrans")).isEqualTo("0");
            }
        }
        assertThat(Command.run("cat", REORDERING)).isEqualTo(before);
    }

    @Test
    void whatAPeerCannotPlayIsNamedAndIsNoFailure() throws Exception {
        requireInstalled(Peer.parse("sshuttle", Map.of()));
        BenchOptions options = new BenchOptions(
                List.of("sshuttle"),
                List.of("veth"),
                List.of("stream:seconds=1"),
                List.of(),
                List.of(),
                2,
                1,
                1,
                OptionalInt.of(0),
                0,
                "");
        try (Bench bench = Bench.prepare(options)) {
            BenchReport report = bench.run(BenchProgress.onStandardError());
            assertThat(report.isSuccess()).isTrue();
            assertThat(report.table())
                    .containsOnlyOnce("cannot: veth, stream down, 1 Mbit/s, 1 s, sshuttle: it is a proxy");
            assertThat(report.json()).contains("\"cannot\":\"it is a proxy").doesNotContain("\"failed\"");
        }
    }

    /** Of those that have no device: a connection both ways, of both ends' programs. */
    @ParameterizedTest
    @ValueSource(strings = {"ssh:forward=remote", "ssh:forward=local", "socat", "haproxy", "ours:carriage=socket"})
    void carriesConnectionsBothWaysWithoutPackets(String text) throws Exception {
        Peer peer = Peer.parse(text, Map.of());
        requireInstalled(peer);
        try (Site site = Site.open(LinkProfile.named("veth"), 1);
                Tunnel tunnel = peer.start(site)) {
            peer.awaitPath(tunnel, PATH_LIMIT);
            for (Direction direction : Direction.values()) {
                assertThat(Workload.parse("tcp:" + direction.word(), LOAD_SECONDS)
                                .play(tunnel)
                                .bytes())
                        .as("bytes %s", direction)
                        .isPositive();
            }
            assertThat(tunnel.fault()).isEmpty();
            assertThat(tunnel.deviceCost().cpuSeconds()).isPositive();
            assertThat(tunnel.serverCost().cpuSeconds()).isPositive();
        }
    }

    /** The kernel is asked before anything is installed for it. */
    @Test
    void aKernelWithoutWireGuardIsNamedWithWhatItSaid() throws Exception {
        Peer peer = Peer.parse("wireguard", Map.of());
        Optional<String> unavailable = peer.unavailable();
        assumeTrue(unavailable.isPresent(), "skipped: this kernel has WireGuard");
        BenchOptions options = new BenchOptions(
                List.of("wireguard"),
                List.of("veth"),
                List.of("tcp"),
                List.of(),
                List.of(),
                1,
                1,
                1,
                OptionalInt.of(0),
                0,
                "");
        try (Bench bench = Bench.prepare(options)) {
            assertThat(bench.run(BenchProgress.onStandardError()).table())
                    .contains("left out: wireguard: this kernel makes no WireGuard device (ip link add")
                    .contains("wireguard-go");
        }
    }

    private static void requireInstalled(Peer peer) throws IOException {
        Optional<String> unavailable = peer.unavailable();
        assumeTrue(unavailable.isEmpty(), () -> "skipped: " + unavailable.orElse(""));
        for (Program program : peer.programs()) {
            assumeTrue(program.isInstalled(), () -> "skipped: " + program.name() + " is missing");
        }
    }

    /** Not by Files.readString, which asks for one byte first: the kernel gives the rest of a number to nobody. */
    private static String sysctl(LabNamespace host, String name) throws IOException {
        return host.call(() -> Command.run("cat", "/proc/sys/net/ipv4/" + name).strip());
    }

    /** The device's end of the tunnel, as ip shows it. */
    private static String device(Ends ends) throws IOException {
        return ends.deviceSide().call(() -> {
            String name = NetworkInterface.getByInetAddress(ends.device()).getName();
            return Command.run("ip", "-o", "link", "show", "dev", name);
        });
    }

    private static String namespaceOf(LabNamespace host) throws IOException {
        return host.call(() ->
                Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString());
    }

    private static String namespaceOf(ProcessHandle process) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/net"))
                    .toString();
        } catch (IOException e) {
            return "has ended";
        }
    }
}
