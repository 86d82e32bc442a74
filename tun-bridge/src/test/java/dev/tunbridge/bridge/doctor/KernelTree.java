package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * Files laid as the kernel lays them, below a folder: those of a healthy host with one network card, {@code eth0}, and two processors.
 * Programs are scripts that print what the real ones print.
 */
final class KernelTree {
    private static final String LINKS = """
            [{"ifindex":2,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,"txqlen":1000,\
            "link_type":"ether","num_tx_queues":1,"num_rx_queues":1,"stats64":{"rx":{"bytes":98714414,"packets":1000000,\
            "errors":0,"dropped":0,"over_errors":0,"multicast":0,"length_errors":0,"crc_errors":0,"frame_errors":0,\
            "fifo_errors":0,"missed_errors":0},"tx":{"bytes":503836,"packets":1000000,"errors":0,"dropped":0,\
            "carrier_errors":0,"collisions":0,"aborted_errors":0,"fifo_errors":0,"window_errors":0,"heartbeat_errors":0,\
            "carrier_changes":2}}}]""";

    private static final String INTERRUPTS = """
                       CPU0       CPU1
             24:     500000          0  PCI-MSI 1-edge      eth0-0
             25:          0     500000  PCI-MSI 2-edge      eth0-1
            """;

    private static final String MOUNTS = """
            22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
            27 22 0:21 / /proc rw,relatime - proc proc rw
            30 27 0:21 /sys /proc/sys %s,relatime - proc proc rw
            31 22 0:40 / /tmp %s,nosuid - tmpfs tmpfs rw
            """;

    private static final String ROUTES =
            "[{\"dst\":\"default\",\"gateway\":\"198.18.0.1\",\"dev\":\"eth0\",\"flags\":[]}]";

    private static final String RINGS = """
            Ring parameters for eth0:
            Pre-set maximums:
            RX:             4096
            RX Mini:        n/a
            RX Jumbo:       n/a
            TX:             4096
            Current hardware settings:
            RX:             4096
            RX Mini:        n/a
            RX Jumbo:       n/a
            TX:             256
            """;

    private static final String COALESCING = """
            Coalesce parameters for eth0:
            Adaptive RX: off  TX: off
            stats-block-usecs: n/a

            rx-usecs: 3
            rx-frames: n/a

            tx-usecs: 0
            """;

    private final Path root;
    private Instant now = Instant.parse("2026-12-03T12:00:00Z");
    private Host.Pause pause = time -> {};

    private KernelTree(Path root) {
        this.root = root;
    }

    static KernelTree of(Path root) throws IOException {
        KernelTree tree = new KernelTree(root);
        tree.put("/proc/sys/kernel/osrelease", "6.18.44");
        tree.put("/proc/sys/kernel/modules_disabled", "0");
        for (String name :
                List.of("tcp_sack", "tcp_timestamps", "tcp_window_scaling", "tcp_moderate_rcvbuf", "tcp_recovery")) {
            tree.put("/proc/sys/net/ipv4/" + name, "1");
        }
        tree.put("/proc/sys/net/ipv4/tcp_ecn", "2");
        tree.put("/proc/sys/net/ipv4/tcp_reordering", "3");
        tree.put("/proc/sys/net/ipv4/tcp_early_retrans", "3");
        tree.put("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456");
        tree.put("/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304");
        tree.put("/proc/sys/net/ipv4/tcp_congestion_control", "cubic");
        tree.put("/proc/sys/net/ipv4/tcp_available_congestion_control", "reno cubic bbr");
        tree.put("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
        tree.put("/proc/sys/net/ipv6/conf/all/forwarding", "0");
        tree.put("/proc/sys/net/core/netdev_max_backlog", "1000");
        tree.put("/proc/sys/net/core/netdev_budget", "300");
        tree.put("/proc/sys/net/core/rps_sock_flow_entries", "0");
        tree.put("/proc/self/uid_map", "         0          0 4294967295");
        tree.status("000001ffffffffff", "000001ffffffffff", "000001ffffffffff", "0", "0");
        tree.put("/proc/self/limits", "Max open files            524288               524288               files     ");
        tree.mounts("rw", "rw");
        tree.put("/proc/misc", "200 tun\n");
        tree.put("/proc/net/softnet_stat", "000f4240 00000000 00000000 00000000\n000f4240 00000000 00000000 00000000");
        tree.put("/proc/interrupts", INTERRUPTS);
        tree.stat(0, 0);
        String net = "/proc/thread-self/net/";
        tree.put(net + "packet", "sk       RefCnt Type Proto  Iface R Rmem   User   Inode");
        tree.put(
                net + "udp",
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
        tree.put(net + "snmp", "Ip: OutRequests ReasmReqds ReasmFails FragCreates\nIp: 1000000 1000 0 0");
        tree.put(net + "snmp6", "Ip6OutRequests 1000\nIp6FragCreates 0\nIp6ReasmReqds 0\nIp6ReasmFails 0");
        tree.put(net + "netstat", "TcpExt: TW IPReversePathFilter\nTcpExt: 10 0");
        tree.put("/sys/class/net/eth0/ifindex", "2");
        tree.put("/sys/class/net/eth0/duplex", "full");
        tree.put("/sys/class/net/eth0/queues/rx-0/rps_cpus", "0");
        tree.put("/sys/class/net/eth0/queues/rx-0/rps_flow_cnt", "0");
        tree.put("/sys/module/sch_tbf/refcnt", "0");
        tree.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
        tree.put("/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm");
        tree.governor("schedutil", "acpi-cpufreq");
        Files.createDirectories(root.resolve("var/log"));
        Files.createDirectories(root.resolve("dev/net"));
        tree.program("timedatectl", "echo yes");
        tree.links(LINKS);
        tree.program(
                "ethtool",
                "case $1 in -g) cat <<'END'\n" + RINGS + "END\n;; -c) cat <<'END'\n" + COALESCING + "END\n;; esac");
        tree.program("ping", "exit 0");
        tree.program("ss", "exit 0");
        return tree;
    }

    /** Prints the codes of what is found on a tree that is there, for a process with other rights. */
    public static void main(String[] arguments) {
        new KernelTree(Path.of(arguments[0]))
                .examine()
                .forEach(finding -> System.out.println(finding.code().key()));
    }

    /** The node is the real kind of file, which root may make. */
    KernelTree node(String type, String major, String minor) throws IOException, InterruptedException {
        Path node = root.resolve("dev/net/tun");
        Files.deleteIfExists(node);
        Process made = new ProcessBuilder("mknod", "-m", "666", node.toString(), type, major, minor)
                .inheritIO()
                .start();
        if (made.waitFor() != 0) {
            Assumptions.abort("needs root: mknod");
        }
        return this;
    }

    KernelTree put(String file, String text) throws IOException {
        Path path = root.resolve(file.substring(1));
        Files.createDirectories(path.getParent());
        Files.writeString(path, text + "\n");
        return this;
    }

    KernelTree remove(String file) throws IOException {
        Files.delete(root.resolve(file.substring(1)));
        return this;
    }

    KernelTree status(String effective, String permitted, String bounding, String noNewPrivileges, String seccomp)
            throws IOException {
        return put(
                "/proc/self/status",
                "Name:\tjava\nCapInh:\t0000000000000000\nCapPrm:\t" + permitted + "\nCapEff:\t" + effective
                        + "\nCapBnd:\t" + bounding
                        + "\nCapAmb:\t0000000000000000\nNoNewPrivs:\t" + noNewPrivileges + "\nSeccomp:\t" + seccomp
                        + "\nSeccomp_filters:\t1");
    }

    KernelTree mounts(String procSys, String tmp) throws IOException {
        return put("/proc/self/mountinfo", MOUNTS.formatted(procSys, tmp));
    }

    /** Ticks in soft interrupts and idle, of the first processor; the second is idle. */
    KernelTree stat(long soft, long idle) throws IOException {
        return put(
                "/proc/stat",
                "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 100 0 100 " + (1000 + idle) + " 0 0 " + (100 + soft)
                        + " 0 0 0\ncpu1 100 0 100 " + (1000 + soft + idle) + " 0 0 100 0 0 0\nintr 1");
    }

    KernelTree governor(String governor, String driver) throws IOException {
        String folder = "/sys/devices/system/cpu/cpufreq/policy0/";
        put(folder + "scaling_governor", governor);
        put(folder + "scaling_driver", driver);
        return put(folder + "scaling_available_governors", "performance schedutil powersave");
    }

    /** What {@code ip -j link} prints, with one thing replaced. */
    KernelTree links(String what, String by) throws IOException {
        if (!LINKS.contains(what)) {
            throw new IllegalArgumentException(what);
        }
        return links(LINKS.replaceFirst(what, by));
    }

    private KernelTree links(String json) throws IOException {
        return program(
                "ip",
                "case \"$*\" in *'link show'*) echo '" + json + "';; *'-4 route show default'*) echo '" + ROUTES
                        + "';; esac");
    }

    KernelTree program(String name, String script) throws IOException {
        Path program = root.resolve("bin").resolve(name);
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return this;
    }

    KernelTree ethtool(String what, String by) throws IOException {
        String script =
                "case $1 in -g) cat <<'END'\n" + RINGS + "END\n;; -c) cat <<'END'\n" + COALESCING + "END\n;; esac";
        if (!script.contains(what)) {
            throw new IllegalArgumentException(what);
        }
        return program("ethtool", script.replace(what, by));
    }

    KernelTree clock(Instant instant) {
        now = instant;
        return this;
    }

    /** What happens while a check lets time pass. */
    KernelTree meanwhile(Host.Pause happening) {
        pause = happening;
        return this;
    }

    Path root() {
        return root;
    }

    Host host() {
        return new Host(
                root,
                List.of(root.resolve("bin")),
                name -> {
                    throw new UnknownHostException(name);
                },
                Clock.fixed(now, ZoneOffset.UTC),
                pause);
    }

    List<Finding> examine(TunnelFacts... tunnels) {
        return Doctor.examine(host(), List.of(tunnels));
    }
}
