package dev.tunbridge.linux.netlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What somebody may have configured, decided by a seed, as lines for {@code ip -batch}. The kernel refuses some of them. */
final class RandomHost {
    private final Random random;
    private final List<String> lines = new ArrayList<>();

    RandomHost(long seed) {
        random = new Random(seed);
    }

    List<String> lines() {
        links();
        addresses();
        for (int i = 0; i < 60; i++) {
            route4(i);
            route6(i);
        }
        for (int i = 0; i < 40; i++) {
            rule(i);
        }
        return lines;
    }

    private void links() {
        lines.add("link add br0 type bridge");
        lines.add("tuntap add tb0 mode tun");
        lines.add("tuntap add tb1 mode tap");
        for (int i = 0; i < 3; i++) {
            lines.add("link add v" + i + " type veth peer name w" + i);
        }
        lines.add("link set w2 master br0");
        for (String name : List.of("br0", "tb0", "tb1", "v0", "w0", "v1", "w1", "v2", "w2")) {
            lines.add("link set " + name + " mtu " + (1280 + random.nextInt(220)) + " txqlen " + random.nextInt(2000));
            if (random.nextBoolean()) {
                lines.add("link set " + name + " alias für_" + random.nextInt(100));
            }
            if (random.nextInt(8) > 0 || name.startsWith("v")) {
                lines.add("link set " + name + " addrgenmode none up"); // nothing that comes by itself, and later
            } else {
                lines.add("link set " + name + " addrgenmode " + pick("none", "eui64", "random"));
            }
        }
        lines.add("link set tb1 mtu 1000"); // no IPv6 there
    }

    private void addresses() {
        for (int i = 0; i < 3; i++) {
            lines.add("addr add 198.18." + i + ".1/24 " + pick("", "brd + ") + pick("", "label v" + i + ":x ") + "dev v"
                    + i);
            lines.add("-6 addr add 2001:2:0:" + i + "::1/64 nodad dev v" + i);
        }
        for (int i = 0; i < 12; i++) {
            String device = pick("v0", "v1", "v2", "tb0", "br0");
            lines.add("addr add 198.19." + i + ".1"
                    + pick("/24", "/32", "/31", " peer 198.19." + i + ".2/32", " peer 198.19." + i + ".9/30")
                    + pick("", " scope link", " scope host") + pick("", " metric " + (1 + random.nextInt(500)))
                    + " dev " + device + pick("", " noprefixroute"));
            lines.add("-6 addr add 2001:2:1:" + i + "::1"
                    + pick("/64", "/128", " peer 2001:2:1:" + i + "::2/128")
                    + pick("", " metric " + (1 + random.nextInt(500)))
                    + " dev " + device + " nodad" + pick("", " noprefixroute") + pick("", " home"));
        }
        for (int i = 1; i < 5; i++) {
            lines.add("nexthop add id " + i + " via 198.18." + i % 3 + "." + (20 + i) + " dev v" + i % 3);
            lines.add("-6 nexthop add id " + (10 + i) + " via 2001:2:0:" + i % 3 + "::" + (20 + i) + " dev v" + i % 3);
        }
        lines.add("nexthop add id 20 group 1,3/2");
    }

    private void route4(int i) {
        int network = random.nextInt(3);
        String gateway = "198.18." + network + "." + (2 + random.nextInt(50));
        String way = pick(
                "via " + gateway,
                "via " + gateway + " src 198.18." + network + ".1",
                "dev " + pick("v0", "v1", "br0", "tb0"),
                "dev v1 scope host",
                "via 198.18.77.1 dev v1 onlink",
                "via inet6 2001:2:0:" + network + "::7 dev v" + network,
                "nexthop via " + gateway + " weight " + (1 + random.nextInt(255)) + " nexthop via 198.18.1.9",
                "nexthop via " + gateway + " nexthop dev tb0 weight 7 nexthop via 198.18.99.1 dev v0 onlink",
                "nexthop via inet6 2001:2:0:1::9 dev v1 nexthop via 198.18.0.9 realms 4",
                "via " + gateway + " realms 3/" + (1 + random.nextInt(9)),
                "nhid " + pick("1", "2", "3", "4", "20"));
        String type = pick("", "", "", "", "blackhole ", "unreachable ", "throw ", "prohibit ");
        lines.add("route add " + type + pick("198.19.", "198.18.1") + i + ".0" + pick("/24", "/25", "/32") + common()
                + pick("", "", " tos 0x" + pick("10", "08")) + metrics() + (type.isEmpty() ? " " + way : ""));
        if (i % 20 == 0) {
            lines.add("route add default metric " + i + " " + way);
        }
    }

    private void route6(int i) {
        int network = random.nextInt(3);
        String gateway = "2001:2:0:" + network + "::" + (2 + random.nextInt(50));
        String way = pick(
                "via " + gateway,
                "via " + gateway + " src 2001:2:0:" + network + "::1",
                "dev " + pick("v0", "v1", "br0", "tb0"),
                "via 2001:2:77::1 dev v1 onlink",
                "nexthop via " + gateway + " weight " + (1 + random.nextInt(255)) + " nexthop via 2001:2:0:1::99",
                "nhid " + pick("11", "12", "13"));
        String type = pick("", "", "", "", "blackhole ", "unreachable ", "throw ", "prohibit ");
        lines.add("-6 route add " + type + "2001:2:" + (100 + i) + "::" + pick("/48", "/64", "/128")
                + pick("", "", "", " from 2001:2:5::/48") + common() + pick("", " pref high", " pref low") + metrics()
                + (type.isEmpty() ? " " + way : ""));
        if (i % 20 == 0) {
            lines.add("-6 route add default metric " + (i + 1) + " " + way);
        }
    }

    private String common() {
        return pick("", " metric " + (1 + random.nextInt(5000)))
                + pick("", " table " + pick("100", "252", "256", "70000", "4294967295"))
                + pick("", " protocol " + pick("4", "84", "186"));
    }

    private String metrics() {
        return pick("", "", " mtu " + pick("", "lock ") + 1300, " advmss 900 hoplimit 4")
                + pick("", "", " rto_min 400ms quickack 1", " features ecn reordering 20")
                + pick("", "", " congctl cubic", " congctl reno", " rtt 30ms cwnd lock 9 initcwnd 5 initrwnd 6");
    }

    private void rule(int i) {
        boolean isVersion6 = random.nextBoolean();
        String net = isVersion6 ? "2001:2:" + i + "::" : "198.18." + i + ".0";
        String length = isVersion6 ? pick("/48", "/64", "/128") : pick("/24", "/25", "/32");
        String does = pick(
                "lookup " + pick("100", "252", "256", "70000", "4294967295"),
                "lookup 254 suppress_prefixlength " + pick("0", "8"),
                "lookup 254 suppress_ifgroup 4",
                "l3mdev",
                "goto " + pick("32766", "6000"),
                "blackhole",
                "prohibit",
                "unreachable",
                "nop");
        lines.add((isVersion6 ? "-6 " : "") + "rule add " + pick("", "not ") + pick("", "from " + net + length + " ")
                + pick("", "to " + net + length + " ") + pick("", "iif v0 ", "iif gone0 ")
                + pick("", "oif v1 ", "oif gone1 ")
                + pick("", "fwmark 0x" + (i + 1) + " ", "fwmark 0x1/0xff ", "fwmark 0/0xf0 ", "fwmark 0x80000001 ")
                + pick("", "tos 0x10 ") + pick("", "ipproto tcp sport 80 ", "ipproto udp dport 100-200 ")
                + pick("", "uidrange 0-0 ", "uidrange 5-9 ") + (isVersion6 ? "" : pick("", "", "tun_id 7 "))
                + "pref " + (1000 + random.nextInt(5000)) + pick("", " protocol 84 ") + " " + does);
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
