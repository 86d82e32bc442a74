package dev.tunbridge.linux.netlink;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Our values as {@code ip -N -json -details} shows them: the same keys, and no other. */
final class IpView {
    private static final Map<Integer, String> METRICS = Map.ofEntries(
            Map.entry(2, "mtu"),
            Map.entry(3, "window"),
            Map.entry(6, "ssthresh"),
            Map.entry(7, "cwnd"),
            Map.entry(8, "advmss"),
            Map.entry(9, "reordering"),
            Map.entry(10, "hoplimit"),
            Map.entry(11, "initcwnd"),
            Map.entry(13, "rto_min"),
            Map.entry(14, "initrwnd"),
            Map.entry(15, "quickack"));

    private static final List<String> LINK_FLAGS = List.of(
            "UP",
            "BROADCAST",
            "DEBUG",
            "LOOPBACK",
            "POINTOPOINT",
            "NOTRAILERS",
            "",
            "NOARP",
            "PROMISC",
            "ALLMULTI",
            "MASTER",
            "SLAVE",
            "MULTICAST",
            "PORTSEL",
            "AUTOMEDIA",
            "DYNAMIC",
            "LOWER_UP");

    private static final String[] ADDRESS_FLAGS = {
        "", "nodad", "optimistic", "dadfailed", "home", "deprecated", "tentative", "", "mngtmpaddr", "noprefixroute"
    };

    private final Map<Integer, String> names = new HashMap<>();

    IpView(List<Link> links) {
        links.forEach(link -> names.put(link.index(), link.name()));
    }

    private String name(int index) {
        return names.getOrDefault(index, "interface " + index);
    }

    Map<String, Object> link(Link link) {
        Map<String, Object> view = new TreeMap<>();
        view.put("ifindex", (long) link.index());
        view.put("ifname", link.name());
        SortedSet<String> flags = new TreeSet<>();
        if ((link.flags() & 0x41) == 0x1) { // up, not running
            flags.add("NO-CARRIER");
        }
        for (int bit = 0; bit < LINK_FLAGS.size(); bit++) {
            if ((link.flags() >> bit & 1) != 0 && !LINK_FLAGS.get(bit).isEmpty()) {
                flags.add(LINK_FLAGS.get(bit));
            }
        }
        view.put("flags", flags);
        view.put("mtu", (long) link.mtu());
        view.put("txqlen", (long) link.txQueueLength());
        if (link.master() != 0) {
            view.put("master", name(link.master()));
        }
        if (!link.kind().isEmpty()) {
            view.put("info_kind", link.kind());
        }
        if (!link.alias().isEmpty()) {
            view.put("ifalias", link.alias());
        }
        link.addressGeneration()
                .ifPresent(mode -> view.put(
                        "inet6_addr_gen_mode",
                        List.of("eui64", "none", "stable_secret", "random").get(mode)));
        return view;
    }

    Map<String, Object> address(InterfaceAddress address) {
        Map<String, Object> view = new TreeMap<>();
        view.put("dev", name(address.interfaceIndex()));
        view.put("family", address.family() == AddressFamily.IPV4 ? "inet" : "inet6");
        view.put("local", text(address.address()));
        if (!address.network().equals(address.address())) {
            view.put("address", text(address.network()));
        }
        view.put("prefixlen", (long) address.prefixLength());
        for (int bit = 0; bit < ADDRESS_FLAGS.length; bit++) {
            if ((address.flags() >> bit & 1) != 0 && !ADDRESS_FLAGS[bit].isEmpty()) {
                view.put(ADDRESS_FLAGS[bit], true);
            }
        }
        if ((address.flags() & 1) != 0) {
            view.put(address.family() == AddressFamily.IPV4 ? "secondary" : "temporary", true);
        }
        Map<Integer, ByteBuffer> others = address.others();
        view.put(
                "scope",
                others.containsKey(1 << 16)
                        ? "" + (Objects.requireNonNull(others.get(1 << 16)).get(0) & 0xff)
                        : "0");
        if (others.containsKey(3)) {
            view.put("label", characters(others.get(3)));
        }
        if (others.containsKey(4)) {
            view.put("broadcast", text(inet(others.get(4))));
        }
        if (others.containsKey(9)) {
            view.put("metric", word(others.get(9)));
        }
        return view;
    }

    Map<String, Object> route(KernelRoute route) {
        Map<String, Object> view = new TreeMap<>();
        view.put("type", "" + route.kind().type());
        view.put("dst", route.isDefault() ? "default" : network(route.destination(), route.prefixLength()));
        view.put("table", Integer.toUnsignedString(route.key().table()));
        view.put("protocol", "" + route.key().protocol());
        view.put("scope", "" + route.kind().scope());
        if (route.key().tos() != 0) {
            view.put("tos", "0x%02x".formatted(route.key().tos()));
        }
        if (route.key().priority() != 0 || route.family() == AddressFamily.IPV6) {
            view.put("metric", route.key().priority());
        }
        route.preferredSource().ifPresent(source -> view.put("prefsrc", text(source)));
        Map<Integer, ByteBuffer> others = route.others();
        if (others.containsKey(2)) {
            view.put(
                    "from",
                    network(
                            inet(others.get(2)),
                            Objects.requireNonNull(others.get(1 << 16 | 2)).get(0) & 0xff));
        }
        if (others.containsKey(20)) {
            view.put(
                    "pref",
                    List.of("medium", "high", "", "low").get(others.get(20).get(0)));
        }
        if (others.containsKey(30)) {
            view.put("nhid", word(others.get(30)));
        }
        Map<String, Object> metrics = metrics(route);
        if (!metrics.isEmpty()) {
            view.put("metrics", List.of(metrics));
        }
        if (route.nextHops().size() == 1) {
            view.putAll(hop(route.family(), route.nextHops().get(0)));
        } else {
            view.put("flags", List.of());
        }
        if (route.nextHops().size() > 1 && route.nextHops().stream().allMatch(NextHop::isWithoutCarrier)) {
            view.put("flags", List.of("linkdown"));
        }
        if (route.nextHops().size() > 1) {
            view.put(
                    "nexthops",
                    route.nextHops().stream()
                            .map(hop -> {
                                Map<String, Object> each = hop(route.family(), hop);
                                each.put("weight", hop.weight() + 1L);
                                return each;
                            })
                            .toList());
        }
        return view;
    }

    private Map<String, Object> hop(AddressFamily family, NextHop hop) {
        Map<String, Object> view = new TreeMap<>();
        view.put("dev", name(hop.interfaceIndex()));
        hop.gateway().ifPresent(gateway -> {
            if (AddressFamily.of(gateway) == family) {
                view.put("gateway", text(gateway));
            } else {
                view.put("via", new TreeMap<>(Map.of("family", "inet6", "host", text(gateway))));
            }
        });
        List<Object> flags = new ArrayList<>();
        if (hop.isDead()) {
            flags.add("dead");
        }
        if ((hop.flags() & 4) != 0) {
            flags.add("onlink");
        }
        if (hop.isWithoutCarrier()) {
            flags.add("linkdown");
        }
        view.put("flags", flags);
        if (hop.others().containsKey(11)) {
            view.put("flow", realms(hop.others().get(11), "from", "to"));
        }
        return view;
    }

    private static Map<String, Object> realms(ByteBuffer value, String from, String to) {
        long realms = word(value);
        Map<String, Object> view = new TreeMap<>();
        if (realms >> 16 != 0) {
            view.put(from, "" + (realms >> 16));
        }
        view.put(to, "" + (realms & 0xffff));
        return view;
    }

    private static Map<String, Object> metrics(KernelRoute route) {
        Map<String, Object> view = new TreeMap<>();
        route.metrics().forEach((number, value) -> {
            switch (number) {
                case KernelRoute.RTAX_LOCK -> {} // not in JSON
                case 4 -> view.put("rtt", value / 8L);
                case 5 -> view.put("rttvar", value / 4L);
                case KernelRoute.RTAX_FEATURES -> view.put("ecn", Json.NULL);
                default -> view.put(Optional.ofNullable(METRICS.get(number)).orElse("metric " + number), (long) value);
            }
        });
        if (route.others().containsKey(1 << 16 | 16)) {
            view.put(
                    "congestion",
                    characters(Objects.requireNonNull(route.others().get(1 << 16 | 16))));
        }
        return view;
    }

    Map<String, Object> rule(PolicyRule rule) {
        Map<String, Object> view = new TreeMap<>();
        view.put("priority", rule.priority());
        view.put("protocol", "" + rule.protocol());
        if (rule.isInverted()) {
            view.put("not", Json.NULL);
        }
        view.put("src", "all");
        rule.source().ifPresent(network -> put(view, "src", network));
        rule.destination().ifPresent(network -> put(view, "dst", network));
        rule.mark().ifPresent(mark -> {
            view.put("fwmark", hexadecimal(mark.value()));
            if (mark.mask() != -1) {
                view.put("fwmask", hexadecimal(mark.mask()));
            }
        });
        if (!rule.inputInterface().isEmpty()) {
            view.put("iif", rule.inputInterface());
        }
        if (!rule.outputInterface().isEmpty()) {
            view.put("oif", rule.outputInterface());
        }
        flag(view, rule, 4, "unresolved");
        flag(view, rule, 8, "iif_detached");
        flag(view, rule, 16, "oif_detached");
        if (rule.suppressedLength() >= 0) {
            view.put("suppress_prefixlen", (long) rule.suppressedLength());
        }
        if (rule.action() == PolicyRule.ACTION_GOTO) {
            view.put("goto", rule.target());
        }
        boolean isOfMaster = rule.others().containsKey(19);
        if (rule.action() == PolicyRule.ACTION_TABLE && !isOfMaster) {
            view.put("table", Integer.toUnsignedString(rule.table()));
        } else if (rule.action() == PolicyRule.ACTION_NOP) {
            view.put("nop", Json.NULL);
        } else if (rule.action() > PolicyRule.ACTION_NOP) {
            view.put("action", "" + rule.action());
        }
        rule.others().forEach((type, value) -> other(view, type, value));
        return view;
    }

    private static void other(Map<String, Object> view, int type, ByteBuffer value) {
        switch (type) {
            case 1 << 16 -> view.put("tos", "0x%02x".formatted(value.get(0)));
            case 11 -> view.putAll(realms(value, "flow_from", "flow_to"));
            case 12 -> view.put("tun_id", value.getLong(0)); // in network byte order
            case 13 -> view.put("suppress_ifgroup", "" + word(value));
            case 19 -> view.put("l3mdev", Json.NULL);
            case 20 ->
                range(
                        view,
                        "uid_start",
                        "uid_end",
                        "",
                        word(value),
                        value.duplicate().order(ByteOrder.nativeOrder()).getInt(4));
            case 22 -> view.put("ipproto", "ipproto-" + value.get(0));
            case 23 -> ports(view, "sport", value);
            case 24 -> ports(view, "dport", value);
            case 28, 29 -> {} // masks of ports, 6.15: all ones, and this ip does not know them
            default -> view.put("attribute " + type, value.remaining());
        }
    }

    private static void ports(Map<String, Object> view, String name, ByteBuffer value) {
        ByteBuffer ports = value.duplicate().order(ByteOrder.nativeOrder());
        range(view, name + "_start", name + "_end", name, ports.getShort(0) & 0xffff, ports.getShort(2) & 0xffff);
    }

    private static void range(Map<String, Object> view, String start, String end, String one, long from, long to) {
        if (from == to && !one.isEmpty()) {
            view.put(one, from);
        } else {
            view.put(start, from);
            view.put(end, to);
        }
    }

    private static void flag(Map<String, Object> view, PolicyRule rule, int flag, String name) {
        if ((rule.flags() & flag) != 0) {
            view.put(name, Json.NULL);
        }
    }

    private static void put(Map<String, Object> view, String name, PolicyRule.Network network) {
        view.put(name, text(network.address()));
        if (network.prefixLength() != AddressFamily.of(network.address()).bits()) {
            view.put(name + "len", (long) network.prefixLength());
        }
    }

    private static String hexadecimal(int value) {
        return value == 0 ? "0" : "0x" + Integer.toHexString(value);
    }

    private static String network(InetAddress address, int length) {
        return length == AddressFamily.of(address).bits() ? text(address) : text(address) + "/" + length;
    }

    private static long word(ByteBuffer value) {
        return Integer.toUnsignedLong(
                value.duplicate().order(ByteOrder.nativeOrder()).getInt(0));
    }

    private static String characters(ByteBuffer value) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < value.limit() && value.get(i) != 0; i++) {
            text.append((char) value.get(i));
        }
        return text.toString();
    }

    private static InetAddress inet(ByteBuffer value) {
        byte[] bytes = new byte[value.limit()];
        value.get(0, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static String text(InetAddress address) {
        return address instanceof Inet4Address
                ? address.getHostAddress()
                : com.google.common.net.InetAddresses.toAddrString(address);
    }
}
