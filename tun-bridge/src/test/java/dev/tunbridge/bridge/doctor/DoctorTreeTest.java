package dev.tunbridge.bridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.BridgeConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no namespace can provoke: the machine's own faults, in files as the kernel lays them. */
class DoctorTreeTest {
    @TempDir
    Path folder;

    /** Does something to a healthy host. */
    @FunctionalInterface
    interface Fault {
        void provoke(KernelTree tree) throws Exception;
    }

    private static final String ALL = "000001ffffffffff";
    /** Without CAP_NET_ADMIN (12) and CAP_NET_RAW (13). */
    private static final String NEITHER = "000001ffffffcfff";

    private static final String ON_ONE_PROCESSOR = """
                       CPU0       CPU1
             24:     500000          0  PCI-MSI 1-edge      eth0-0
             25:     500000          0  PCI-MSI 2-edge      eth0-1
            """;

    private static Arguments fault(FindingCode code, String read, Fault fault) {
        return Arguments.of(code, read, fault);
    }

    static Stream<Arguments> faults() {
        String ipv4 = "/proc/sys/net/ipv4/";
        return Stream.of(
                fault(
                        FindingCode.NET_ADMIN_MISSING,
                        "CapBnd",
                        tree -> tree.status(NEITHER, NEITHER, NEITHER, "0", "0")),
                fault(FindingCode.NET_ADMIN_MISSING, "CapPrm", tree -> tree.status(NEITHER, ALL, ALL, "0", "0")),
                fault(
                        FindingCode.NET_ADMIN_MISSING,
                        "NoNewPrivs",
                        tree -> tree.status(NEITHER, NEITHER, ALL, "1", "0")),
                fault(FindingCode.NET_RAW_MISSING, "CAP_NET_RAW", tree -> tree.status(NEITHER, NEITHER, ALL, "0", "0")),
                fault(FindingCode.USER_NAMESPACE, "0 1000 1", tree -> tree.put("/proc/self/uid_map", "0 1000 1")),
                fault(FindingCode.TUN_NODE_MISSING, "is not there", tree -> tree.remove("/dev/net/tun")),
                fault(FindingCode.TUN_NODE_WRONG, "10, 200", tree -> tree.node("c", "1", "3")),
                fault(
                        FindingCode.TUN_NODE_WRONG,
                        "10, 200",
                        tree -> tree.remove("/dev/net/tun").put("/dev/net/tun", "")),
                fault(
                        FindingCode.TUN_MODULE_MISSING,
                        "tun is neither",
                        tree -> tree.remove("/proc/misc")
                                .put("/lib/modules/6.18.44/modules.dep", "kernel/net/sched/sch_tbf.ko.xz:")),
                fault(
                        FindingCode.MODULE_MISSING,
                        "sch_tbf is neither",
                        tree -> tree.remove("/sys/module/sch_tbf/refcnt")
                                .remove("/sys/module/sch_tbf")
                                .put("/lib/modules/6.18.44/modules.dep", "kernel/drivers/net/tun.ko:")),
                fault(
                        FindingCode.MODULE_MISSING,
                        "modules_disabled is 1",
                        tree -> tree.remove("/sys/module/sch_tbf/refcnt")
                                .remove("/sys/module/sch_tbf")
                                .put("/proc/sys/kernel/modules_disabled", "1")
                                .put(
                                        "/lib/modules/6.18.44/modules.dep",
                                        "kernel/net/sched/sch_tbf.ko.xz: kernel/x.ko")),
                fault(FindingCode.SECCOMP_FILTER, "Seccomp: 2", tree -> tree.status(ALL, ALL, ALL, "0", "2")),
                fault(
                        FindingCode.PROC_SYS_READ_ONLY,
                        "/proc/sys is mounted read-only",
                        tree -> tree.mounts("ro", "rw")),
                fault(FindingCode.TMP_NOEXEC, "/tmp is mounted noexec", tree -> tree.mounts("rw", "rw,noexec")),
                fault(FindingCode.KERNEL_NO_UDP_OFFLOAD, "6.1", tree -> tree.put(KernelVersion.FILE, "6.1.0-37-amd64")),
                fault(FindingCode.KERNEL_NO_RECEIVE_WINDOW, "5.10", tree -> tree.put(KernelVersion.FILE, "5.10.0")),
                fault(FindingCode.KERNEL_NO_RTO_MAX, "6.14", tree -> tree.put(KernelVersion.FILE, "6.14.3")),
                fault(FindingCode.TCP_ECN_BY_HOST, "AccECN", tree -> tree.put(ipv4 + "tcp_ecn", "3")),
                fault(
                        FindingCode.TCP_RACK_OFF,
                        "tcp_recovery is 0",
                        tree -> tree.put(ipv4 + "tcp_recovery", "0").put(KernelVersion.FILE, "6.16.1")),
                fault(
                        FindingCode.TCP_RECOVERY_IGNORED,
                        "tcp_recovery is 0",
                        tree -> tree.put(ipv4 + "tcp_recovery", "0").put(KernelVersion.FILE, "6.17.0")),
                fault(
                        FindingCode.INTERFACE_ERRORS,
                        "errors 40 of",
                        tree -> tree.links("\"crc_errors\":0", "\"crc_errors\":40")),
                fault(
                        FindingCode.INTERFACE_OVERRUNS,
                        "overrun errors 90",
                        tree -> tree.links("\"missed_errors\":0", "\"missed_errors\":90")),
                fault(
                        FindingCode.RING_BUFFER_SMALL,
                        "RX 256 of at most 4096",
                        tree -> tree.links("\"missed_errors\":0", "\"missed_errors\":90")
                                .ethtool("settings:\nRX:             4096", "settings:\nRX:             256")),
                fault(FindingCode.HALF_DUPLEX, "half", tree -> tree.put("/sys/class/net/eth0/duplex", "half")),
                fault(
                        FindingCode.COALESCING_LONG,
                        "rx-usecs 1000",
                        tree -> tree.ethtool("rx-usecs: 3", "rx-usecs: 1000")),
                fault(
                        FindingCode.SOFTNET_DROPS,
                        "1000 dropped",
                        tree -> tree.put("/proc/net/softnet_stat", "000f4240 000003e8 00000000")),
                fault(
                        FindingCode.SOFTNET_SQUEEZED,
                        "4096 turns",
                        tree -> tree.put("/proc/net/softnet_stat", "000f4240 00000000 00001000")),
                fault(
                        FindingCode.INTERRUPTS_ON_ONE_PROCESSOR,
                        "1000000 of 1000000",
                        tree -> tree.put("/proc/interrupts", ON_ONE_PROCESSOR)),
                fault(
                        FindingCode.FLOW_STEERING_HALF_SET,
                        "32768",
                        tree -> tree.put("/proc/sys/net/core/rps_sock_flow_entries", "32768")),
                fault(FindingCode.SOFT_INTERRUPTS_ON_ONE_PROCESSOR, "93 %", tree -> tree.meanwhile(time -> busy(tree))),
                fault(
                        FindingCode.GOVERNOR_SAVES_POWER,
                        "powersave",
                        tree -> tree.governor("powersave", "acpi-cpufreq")),
                fault(
                        FindingCode.CLOCK_SOURCE_SLOW,
                        "hpet",
                        tree -> tree.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet")),
                fault(
                        FindingCode.OPEN_FILES_FEW,
                        "Max open files 64",
                        tree -> tree.put(
                                "/proc/self/limits",
                                "Max open files            64                   64                   files     ")),
                fault(FindingCode.CLOCK_WRONG, "1970-01-01", tree -> tree.clock(Instant.EPOCH)),
                fault(FindingCode.CLOCK_NOT_SYNCHRONISED, "no", tree -> tree.program("timedatectl", "echo no")),
                fault(FindingCode.NOT_KNOWN, "timedatectl is not installed", tree -> tree.remove("/bin/timedatectl")));
    }

    @Test
    void findsNothingOnAHealthyHost() throws Exception {
        assertThat(KernelTree.of(folder).node("c", "10", "200").examine()).isEmpty();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("faults")
    void findsTheFaultAndNoOther(FindingCode code, String read, Fault fault) throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200");
        fault.provoke(tree);
        List<Finding> found = tree.examine();
        assertThat(found).anySatisfy(finding -> {
            assertThat(finding.code()).isEqualTo(code);
            assertThat(finding.read()).contains(read);
        });
        // A kernel too old for one thing is so for others, and both capabilities go together.
        assertThat(found).allSatisfy(finding -> assertThat(related(code)).contains(finding.code()));
    }

    private static List<FindingCode> related(FindingCode code) {
        return switch (code) {
            case NET_ADMIN_MISSING, NET_RAW_MISSING ->
                List.of(FindingCode.NET_ADMIN_MISSING, FindingCode.NET_RAW_MISSING);
            case KERNEL_NO_UDP_OFFLOAD, KERNEL_NO_RECEIVE_WINDOW ->
                List.of(
                        FindingCode.KERNEL_NO_UDP_OFFLOAD,
                        FindingCode.KERNEL_NO_RECEIVE_WINDOW,
                        FindingCode.KERNEL_NO_RTO_MAX);
            default -> List.of(code);
        };
    }

    @Test
    void findsATableWithoutOwnerAndAMissingNetfilter() throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200").put(KernelVersion.FILE, "5.10.0");
        TunnelFacts marks = TunnelFacts.of(BridgeConfig.defaults().with(Map.of("answers", "mark")));
        tree.put("/lib/modules/5.10.0/modules.dep", "kernel/drivers/net/tun.ko:");
        assertThat(tree.examine(marks))
                .extracting(Finding::code)
                .contains(FindingCode.KERNEL_NO_TABLE_OWNER, FindingCode.MODULE_MISSING);
        tree.put("/lib/modules/5.10.0/modules.builtin", "kernel/net/netfilter/nf_tables.ko")
                .put(KernelVersion.FILE, "5.12.0");
        tree.put("/lib/modules/5.12.0/modules.builtin", "kernel/net/netfilter/nf_tables.ko");
        assertThat(tree.examine(marks))
                .extracting(Finding::code)
                .doesNotContain(FindingCode.KERNEL_NO_TABLE_OWNER, FindingCode.MODULE_MISSING);
    }

    @Test
    void asksForNoDeviceWhereOnlySocketsAreCarried() throws Exception {
        KernelTree tree = KernelTree.of(folder).status(NEITHER, NEITHER, NEITHER, "0", "0");
        TunnelFacts sockets =
                TunnelFacts.of(BridgeConfig.defaults().with(Map.of("carriage", "socket", "capture.backend", "none")));
        assertThat(tree.examine(sockets)).isEmpty();
    }

    /** Root opens everything, unless it has no CAP_DAC_OVERRIDE. */
    @Test
    void findsANodeThatIsClosed() throws Exception {
        Path node = KernelTree.of(folder).node("c", "10", "200").root().resolve("dev/net/tun");
        assertThat(codesWithoutOverride()).isEmpty();
        Files.setPosixFilePermissions(node, PosixFilePermissions.fromString("---------"));
        assertThat(codesWithoutOverride()).isEqualTo(FindingCode.TUN_NODE_CLOSED.key());
    }

    private String codesWithoutOverride() throws Exception {
        Process process = new ProcessBuilder(
                        "setpriv",
                        "--inh-caps=-all",
                        "--bounding-set=-dac_override,-dac_read_search",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KernelTree.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed.strip();
    }

    /** What --fix does, done to the tree. */
    @Test
    void mendsProcessorsAndTheBacklogAndPutsThemBack() throws Exception {
        KernelTree tree = KernelTree.of(folder)
                .node("c", "10", "200")
                .governor("powersave", "acpi-cpufreq")
                .put("/proc/net/softnet_stat", "000f4240 000003e8 00001000");
        tree.meanwhile(time -> busy(tree));
        List<Finding> found = tree.examine();
        assertThat(found).hasSize(4).allMatch(Finding::fixable);
        Host host = tree.host();
        for (Fix fix : fixes(found)) {
            assertThat(fix.current(host)).isEqualTo(fix.was());
            fix.set(host, fix.wanted());
            assertThat(fix.current(host)).isEqualTo(fix.wanted());
        }
        assertThat(host.value("/sys/class/net/eth0/queues/rx-0/rps_cpus")).isEqualTo("3");
        assertThat(host.value("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"))
                .isEqualTo("schedutil");
        // What was counted stays, and is not mended twice.
        tree.stat(0, 0);
        assertThat(tree.examine()).noneMatch(Finding::fixable).hasSize(3);
        for (Fix fix : fixes(found)) {
            fix.set(host, fix.was());
        }
        assertThat(tree.stat(0, 0).examine()).isEqualTo(found);
    }

    private static List<Fix> fixes(List<Finding> found) {
        return found.stream().flatMap(finding -> finding.fixes().stream()).toList();
    }

    private static void busy(KernelTree tree) {
        try {
            tree.stat(28, 2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void believesThatTheKernelLoadsACongestionControl() throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200");
        TunnelFacts facts = TunnelFacts.of(BridgeConfig.defaults().with("socket.congestion-control", "vegas"));
        assertThat(tree.examine(facts))
                .extracting(Finding::code)
                .containsExactly(FindingCode.CONGESTION_CONTROL_MISSING);
        tree.put("/lib/modules/6.18.44/modules.dep", "kernel/net/ipv4/tcp_vegas.ko.zst:");
        assertThat(tree.examine(facts)).isEmpty();
    }

    @Test
    void leavesAGovernorThatFollowsTheLoad() throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200").governor("powersave", "intel_pstate");
        assertThat(tree.examine()).isEmpty();
    }

    /** /sys of another namespace says nothing of an interface that happens to have the name. */
    @Test
    void believesNoInterfaceOfAnotherNamespace() throws Exception {
        KernelTree tree = KernelTree.of(folder)
                .node("c", "10", "200")
                .put("/sys/class/net/eth0/duplex", "half")
                .put("/sys/class/net/eth0/ifindex", "7");
        assertThat(tree.examine()).isEmpty();
    }

    /** Each code is named in a test of this folder. */
    @Test
    void hasATestForEachCode() throws Exception {
        StringBuilder tests = new StringBuilder();
        try (DirectoryStream<Path> sources =
                Files.newDirectoryStream(Path.of("src/test/java/dev/tunbridge/bridge/doctor"), "Doctor*Test.java")) {
            for (Path source : sources) {
                tests.append(Files.readString(source));
            }
        }
        for (FindingCode code : FindingCode.values()) {
            assertThat(tests.toString()).containsPattern("\\b" + code.name() + "\\b");
        }
    }

    @Test
    void findsAnIpv6TunnelOnAKernelWithout() throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200");
        TunnelFacts ipv6 = TunnelFacts.of(BridgeConfig.defaults().with("tunnel.device-address", "2001:2::1/64"));
        assertThat(tree.examine(ipv6)).extracting(Finding::code).doesNotContain(FindingCode.IPV6_MISSING);
        tree.remove("/proc/sys/net/ipv6/conf/all/forwarding")
                .remove("/proc/sys/net/ipv6/conf/all")
                .remove("/proc/sys/net/ipv6/conf")
                .remove("/proc/sys/net/ipv6");
        assertThat(tree.examine(ipv6)).extracting(Finding::code).contains(FindingCode.IPV6_MISSING);
    }

    /** No file at all: all is not known, and nothing is wrong. */
    @Test
    void knowsNothingOfAnEmptyTree() {
        Host nowhere = new Host(folder, List.of(folder), name -> List.of(), Clock.systemUTC(), time -> {});
        List<Finding> found = Doctor.examine(nowhere, List.of());
        assertThat(found).extracting(Finding::code).containsOnly(FindingCode.NOT_KNOWN, FindingCode.TUN_NODE_MISSING);
        assertThat(found).hasSizeGreaterThan(5);
    }

    @Test
    void survivesFilesFullOfNonsense() throws Exception {
        KernelTree tree = KernelTree.of(folder).node("c", "10", "200");
        for (String file :
                List.of("/proc/stat", "/proc/net/softnet_stat", "/proc/sys/net/ipv4/tcp_rmem", KernelVersion.FILE)) {
            tree.put(file, "cpu0 x x x x x x x x\n\u0000\u00ff");
        }
        tree.put("/proc/thread-self/net/snmp", "Ip: A\nIp: x").program("ip", "echo '[{'");
        List<Finding> found = tree.examine();
        assertThat(found).extracting(Finding::code).containsOnly(FindingCode.NOT_KNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec sleep 60", "sleep 60; true"})
    void killsAProgramThatHangs(String script) throws Exception {
        KernelTree tree = KernelTree.of(folder).program("timedatectl", script);
        long began = System.nanoTime();
        assertThat(tree.examine())
                .anySatisfy(finding -> assertThat(finding.read()).contains("did not end within 5 s"));
        assertThat(System.nanoTime() - began).isLessThan(20_000_000_000L);
    }

    @Test
    void readsNoMoreThanItsBound() throws Exception {
        KernelTree tree = KernelTree.of(folder).program("timedatectl", "exec yes");
        assertThat(tree.examine())
                .anySatisfy(finding -> assertThat(finding.read()).contains("printed more than 4096 KiB"));
    }
}
