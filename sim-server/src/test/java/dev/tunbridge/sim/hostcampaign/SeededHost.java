package dev.tunbridge.sim.hostcampaign;

import dev.tunbridge.bridge.tun.LinuxTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A host with a network of its own, made of what hosts have; the same for the same numbers. */
final class SeededHost {
    static final String DEVICE = "tb0";

    /** Where the bridges' tables begin, as documented; somebody may be there by chance. */
    private static final int TABLE_BASE = 0x5442_0000;

    /** The kernel tells itself of a carrier within a few milliseconds (net/core/link_watch.c). */
    private static final int CARRIER_MILLIS = 300;

    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** How the program itself says that it does not understand (lib/utils.c in iproute2). */
    private static final Pattern MISUNDERSTOOD =
            Pattern.compile("Error: (argument|either|an? |.*expected)|is unknown|[Gg]arbage|not complete|Not enough");

    private final LabNamespace namespace;
    private final Random random;
    private final List<String> traits = new ArrayList<>();

    /** What brings the uplink's addresses and routes back after it was down. */
    private final List<String> uplinkLines = new ArrayList<>();

    private boolean mayUplinkFlap = true;
    private boolean hasIpv6 = true;
    private boolean isPersistent;
    private boolean mayDeviceGoDown = true;
    private boolean mayDeviceLoseIpv6 = true;

    private SeededHost(LabNamespace namespace, Random random) {
        this.namespace = namespace;
        this.random = random;
    }

    /** @param namespace with {@code out0}, 198.18.0.1/30 and 2001:2:0:1::1/64 */
    static SeededHost make(LabNamespace namespace, Random random) throws IOException {
        SeededHost host = new SeededHost(namespace, random);
        host.uplinks();
        host.networks();
        host.otherTunnels();
        host.marks();
        host.persistentDevice();
        host.filter();
        host.withoutIpv6();
        return host;
    }

    LabNamespace namespace() {
        return namespace;
    }

    boolean isPersistent() {
        return isPersistent;
    }

    boolean hasIpv6() {
        return hasIpv6;
    }

    /** Whether nothing of the host's own is lost by it. */
    boolean mayDeviceGoDown() {
        return mayDeviceGoDown;
    }

    /** Whether the device may have an MTU with which a kernel takes IPv6 from it, and all that it had. */
    boolean mayDeviceLoseIpv6() {
        return mayDeviceLoseIpv6;
    }

    /** For the report of a failure. */
    @Override
    public String toString() {
        return String.join(", ", traits);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    @SafeVarargs
    private <T> T oneOf(T... values) {
        return values[random.nextInt(values.length)];
    }

    /**
     * As an administrator would, by the program. What the kernel refuses (a family that is off, what is there already or no more) is passed over;
     * what the program does not understand is a fault of this test.
     */
    void ip(String... lines) throws IOException {
        for (String line : lines) {
            boolean isIpv6 = line.startsWith("-6 ");
            List<String> command = isIpv6 ? List.of("ip", "-6", "-batch", "-") : List.of("ip", "-batch", "-");
            Command.Result result =
                    namespace.call(() -> Command.run(LIMIT, (isIpv6 ? line.substring(3) : line) + "\n", command));
            if (MISUNDERSTOOD.matcher(result.errors()).find()) {
                throw new IOException("ip " + line + ": " + result);
            }
        }
    }

    /** With a carrier: what is at its other end stays up by itself. */
    void link(String name) throws IOException {
        namespace.call(() -> {
            Command.runIpBatch(List.of(
                    "link add " + name + " type veth peer name peer-" + name,
                    "link set peer-" + name + " up",
                    "link set " + name + " up"));
            return name;
        });
    }

    private void sh(String line) throws IOException {
        namespace.run(LIMIT, "sh", "-c", line);
    }

    private void uplinks() throws IOException {
        uplinkLines.add("addr add 198.18.0.1/30 dev out0");
        uplinkLines.add("addr add 2001:2:0:1::1/64 dev out0 nodad");
        link("up1");
        ip("addr add 198.18.4.1/24 dev up1", "addr add 2001:2:0:4::1/64 dev up1 nodad");
        int kind = random.nextInt(4);
        traits.add("defaults " + kind);
        String metric = oneOf("", "", " metric 100", " metric 84", " metric " + TABLE_BASE);
        if (kind == 0) {
            uplinkLines.add(
                    "route add default nexthop via 198.18.0.2 dev out0 weight 5 nexthop via 198.18.4.2 dev up1 weight 1");
        } else {
            uplinkLines.add("route add default via 198.18.0.2 dev out0" + metric);
        }
        uplinkLines.add("-6 route add default via 2001:2:0:1::2 dev out0" + metric);
        if (kind == 2) {
            String later = " metric " + (TABLE_BASE + 1);
            ip("route add default via 198.18.4.2" + later, "-6 route add default via 2001:2:0:4::2" + later);
        }
        if (kind == 3) { // behind a table of its own
            uplinkLines.add("route add default via 198.18.0.2 dev out0 table 200");
            ip("rule add lookup 200 pref 3000");
        }
        if (chance(20)) {
            traits.add("a host route to the server");
            uplinkLines.add("route add 198.18.1.1 via 198.18.0.2 dev out0" + oneOf("", " metric 84"));
        }
        ip(uplinkLines.toArray(String[]::new));
    }

    private void networks() throws IOException {
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            String network =
                    oneOf("198.18.88.1/24", "198.19.0.9/24", "198.18.80.1/20", "198.18.128.1/22", "198.18.140.1/24");
            traits.add("lan" + i + " " + network);
            link("lan" + i);
            ip("addr add " + network + " dev lan" + i, "addr add 2001:2:77:" + i + "::1/64 dev lan" + i + " nodad");
            if (chance(30)) {
                ip("route add 198.18.64.0/18 dev lan" + i + oneOf("", " metric 84", " metric 85", " metric 100"));
            }
            if (chance(30)) {
                // Beside the handle that a bridge's own has on its device.
                sh("tc qdisc add dev lan" + i + " root handle 5442: tbf rate 10mbit burst 10kb limit 100kb");
            }
        }
        if (chance(30)) {
            traits.add("a table like ours");
            int table = TABLE_BASE + random.nextInt(24);
            ip(
                    "route add default via 198.18.0.2 dev out0 table " + table,
                    "-6 route add default via 2001:2:0:1::2 dev out0 table " + table);
            uplinkLines.add("route add default via 198.18.0.2 dev out0 table " + table);
            uplinkLines.add("-6 route add default via 2001:2:0:1::2 dev out0 table " + table);
            if (chance(50)) {
                ip("rule add fwmark 7 lookup " + table + " pref 4000");
            }
        }
    }

    private void otherTunnels() throws IOException {
        if (chance(30)) {
            traits.add("a tunnel that took the default route");
            ip(
                    "tuntap add tun9 mode tun",
                    "link set tun9 up",
                    "addr add 198.18.200.1/24 dev tun9",
                    "route add 0.0.0.0/1 dev tun9",
                    "route add 128.0.0.0/1 dev tun9");
            uplinkLines.add("route add 198.18.1.0/24 via 198.18.0.2 dev out0");
            ip("route add 198.18.1.0/24 via 198.18.0.2 dev out0");
        }
        if (chance(30)) {
            traits.add("another bridge's tunnel");
            int table = TABLE_BASE + 9;
            link("tb9");
            ip(
                    "addr add 198.19.9.1/32 dev tb9",
                    "route add 198.19.9.0/30 dev tb9 proto 84 metric 84",
                    "route add 198.18.64.0/18 dev tb9 proto 84 metric 84",
                    "route add default dev tb9 table " + table + " proto 84 metric 84",
                    "rule add from 198.19.9.1 lookup " + table + " pref 5000 protocol 84");
            sh("ip route add 198.18.1.1 via 198.18.0.2 proto 84 metric $((" + TABLE_BASE
                    + " + $(ip -o link show tb9 | cut -d: -f1)))");
            // Its route to the server goes with the uplink, and nobody is there to make it anew.
            mayUplinkFlap = false;
        }
    }

    /** Whether all that a flap takes away is given back after it. */
    boolean mayUplinkFlap() {
        return mayUplinkFlap;
    }

    void uplinkDown() throws IOException {
        ip("link set out0 down");
    }

    void uplinkUp() throws IOException {
        ip("link set out0 up");
        ip(uplinkLines.toArray(String[]::new));
    }

    private void marks() throws IOException {
        if (chance(40)) {
            traits.add("marks");
            ip(
                    "route add default via 198.18.4.2 table 101",
                    "-6 route add default via 2001:2:0:4::2 table 101",
                    "rule add fwmark 0x100/0xff00 lookup 101 pref 2001",
                    "-6 rule add fwmark 0x100/0xff00 lookup 101 pref 2001",
                    "rule add fwmark 0xfd00/0xff00 unreachable pref 2061",
                    "rule add lookup main suppress_prefixlength 0 pref 1500",
                    "rule add from 198.18.99.0/24 blackhole pref 5000");
        }
        if (chance(20)) {
            traits.add("a rule like ours");
            ip("rule add from 198.19.0.1 lookup 102 pref 5000", "route add unreachable default table 102");
        }
    }

    private void persistentDevice() throws IOException {
        isPersistent = chance(50);
        if (!isPersistent) {
            return;
        }
        ip(
                "tuntap add " + DEVICE + " mode tun" + (chance(5) ? " multi_queue" : ""),
                "link set " + DEVICE + " mtu " + oneOf("1500", "1500", "1400", "1280", "9000"),
                "link set " + DEVICE + " txqueuelen " + oneOf("500", "1000", "7"),
                "link set " + DEVICE + " addrgenmode " + oneOf("none", "eui64", "random"));
        StringBuilder trait = new StringBuilder("a persistent device");
        for (String sysctl : List.of(
                "ipv4/conf/tb0/rp_filter=1",
                "ipv4/conf/tb0/forwarding=1",
                "ipv6/conf/tb0/accept_ra=2",
                "ipv6/conf/tb0/forwarding=1",
                "ipv6/conf/tb0/hop_limit=33",
                "ipv6/conf/tb0/disable_ipv6=1")) {
            if (chance(25)) {
                trait.append(' ').append(sysctl);
                mayDeviceLoseIpv6 &= !sysctl.contains("ipv6/conf/tb0/forwarding") && !sysctl.contains("hop_limit");
                String[] parts = sysctl.split("=", 2);
                sh("echo " + parts[1] + " > /proc/sys/net/" + parts[0]);
            }
        }
        if (chance(25)) {
            trait.append(" alias");
            ip("link set " + DEVICE + " alias \"" + oneOf("the works council's", "tunbridge", "x".repeat(90)) + "\"");
        }
        if (chance(25)) {
            trait.append(" qdisc");
            sh("tc qdisc add dev tb0 root handle 1: "
                    + oneOf("pfifo limit 77", "fq_codel", "tbf rate 9mbit burst 9kb limit 90kb"));
        }
        if (chance(60)) {
            trait.append(" up");
            ip("link set " + DEVICE + " up");
            openOnce();
            mayDeviceLoseIpv6 = false; // its link-local address would come back with its next carrier only
            if (chance(40)) {
                mayDeviceGoDown = false;
                trait.append(" with routes");
                ip(
                        "route add 198.18.64.0/18 dev tb0" + oneOf("", " metric 84", " metric 84 proto static"),
                        "route add 198.18.150.0/24 dev tb0 metric 84 proto static");
            }
            if (chance(40)) {
                mayDeviceGoDown = false;
                mayDeviceLoseIpv6 = false;
                trait.append(" with IPv6");
                ip("addr add 2001:2:5::1/64 dev tb0 nodad", "-6 route add 2001:2:6::/64 dev tb0 metric 84");
            }
        }
        if (chance(40)) {
            String address = oneOf("198.19.0.1/32", "198.18.150.1/32", "198.19.0.1/30");
            trait.append(' ').append(address);
            ip("addr add " + address + " dev tb0");
        }
        traits.add(trait.toString());
    }

    /** Whoever opens it for the first time gives it a carrier, and by that the kernel makes its link-local address. */
    private void openOnce() throws IOException {
        namespace.call(() -> {
            try (LinuxTunDevice opened = LinuxTunDevice.create(TunOptions.named(DEVICE))) {
                TimeUnit.MILLISECONDS.sleep(CARRIER_MILLIS);
                traits.add(opened.name() + " was open before");
            } catch (LinuxException e) {
                traits.add("not to be opened");
            }
            return DEVICE;
        });
    }

    private void filter() throws IOException {
        if (chance(40)) {
            traits.add("nft");
            sh("nft 'add table inet fw; add chain inet fw in { type filter hook input priority 0; };"
                    + " add rule inet fw in tcp dport 22 accept; add table ip nat;"
                    + " add chain ip nat post { type nat hook postrouting priority 100; };"
                    + " add rule ip nat post oifname \"up1\" masquerade'");
        }
    }

    private void withoutIpv6() throws IOException {
        int kind = random.nextInt(8);
        if (kind < 2) {
            hasIpv6 = false;
            traits.add(kind == 0 ? "no IPv6" : "no IPv6 on new devices");
            sh("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
            if (kind == 0) {
                sh("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
            }
        }
    }
}
