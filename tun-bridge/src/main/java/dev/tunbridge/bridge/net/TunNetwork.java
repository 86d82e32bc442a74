package dev.tunbridge.bridge.net;

import com.google.common.net.InetAddresses;
import dev.tunbridge.linux.Interfaces;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Address, MTU, routes and source rule of one TUN device, set up in the calling thread's network namespace and taken
 * back by {@link #close()}. Blocks for some milliseconds. The device exists already; its addresses and routes vanish with
 * it, the rule does not, and is found at the next start by {@link StaleRules}.
 */
public final class TunNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunNetwork.class);

    /** Before the main table (32766), so that the answer of a bound socket takes the tunnel whatever main says. */
    private static final int RULE_PRIORITY = 5000;

    /** Missing where the kernel has no IPv6. */
    private static final Path IPV6_SETTINGS = Path.of("/proc/sys/net/ipv6");

    private static final int ROUTE_METRIC = 84;

    private final String device;
    private final String family;
    private final String address;
    private final List<String> undo;
    /** How {@code ip route show} begins the lines of the routes that were made. */
    private final List<String> routes;

    private final OptionalInt table;

    private TunNetwork(
            String device, String family, String address, List<String> undo, List<String> routes, OptionalInt table) {
        this.device = device;
        this.family = family;
        this.address = address;
        this.undo = undo;
        this.routes = routes;
        this.table = table;
    }

    /**
     * Sets everything up, after removing what a killed process has left; on failure nothing stays. What is there already
     * is set again, so that a device which somebody took down and up gets its routes back. The caller holds the
     * device open, and closes this on a thread of the same network namespace.
     */
    public static TunNetwork setUp(TunAddressing wanted) throws IOException {
        String family = wanted.address() instanceof Inet4Address ? "-4" : "-6";
        String address = InetAddresses.toAddrString(wanted.address());
        String device = wanted.device();
        prepare(wanted);
        List<String> lines = new ArrayList<>();
        List<String> undo = new ArrayList<>();
        List<String> routes = new ArrayList<>();
        if (Files.isDirectory(IPV6_SETTINGS)) {
            // No link-local address, so no router solicitation goes into the tunnel.
            lines.add("link set dev " + device + " addrgenmode none");
        }
        lines.add("link set dev " + device + " mtu " + wanted.mtu() + " txqueuelen " + wanted.txQueueLength());
        boolean isIpv4 = wanted.address() instanceof Inet4Address;
        String prefixed = address + "/" + wanted.prefixLength();
        // "replace", because a persistent device keeps what a killed process gave it.
        // Nobody else can have the address in a tunnel of two, so duplicate detection would only delay it.
        lines.add("addr replace " + prefixed + " dev " + device + (isIpv4 ? "" : " nodad"));
        lines.add("link set dev " + device + " up");
        for (String route : wanted.routes()) {
            // With a metric of our own it stands beside a route that an administrator has made, and never replaces it.
            String own = route + " dev " + device + " metric " + ROUTE_METRIC;
            lines.add("route replace " + own);
            undo.add("route del " + own);
            routes.add(shown(route) + " ");
        }
        String rule = "";
        OptionalInt own = OptionalInt.empty();
        if (wanted.sourceRule() == TunAddressing.SourceRule.PRESENT) {
            int table = RoutingTable.forDevice(family, device);
            // The route before the rule: a rule of ours whose table is empty counts as left over.
            lines.add("route replace default dev " + device + " table " + table);
            undo.add(0, "route del default dev " + device + " table " + table);
            routes.add("default table " + table + " ");
            rule = "from " + address + " lookup " + table + " priority " + RULE_PRIORITY + " protocol "
                    + StaleRules.PROTOCOL;
            undo.add(0, "rule del " + rule);
            own = OptionalInt.of(table);
        }
        // A second set-up of the same device finds its rule there. It stays: without it, for however short a time, what
        // is sent from the address would leave by another way.
        boolean isThere;
        try {
            isThere = StaleRules.removeAllBut(rule, device);
        } catch (IOException e) {
            giveBack(own, device);
            throw e;
        }
        if (!rule.isEmpty() && !isThere) {
            lines.add("rule add " + rule);
        }
        undo.add("addr del " + prefixed + " dev " + device);
        TunNetwork network = new TunNetwork(
                device,
                family,
                prefixed,
                undo.stream().map(line -> family + " " + line).toList(),
                routes,
                own);
        try {
            IpCommand.batch(family, lines);
        } catch (IOException e) {
            try {
                network.close();
            } catch (IOException notTakenBack) {
                e.addSuppressed(notTakenBack);
            }
            throw e;
        }
        return network;
    }

    /**
     * Whether address and routes are still there, or will be missed only when the device is up again. A device that was
     * taken down and up has lost its routes, and an IPv6 one its address.
     */
    public boolean isWhole() throws IOException {
        if (!Interfaces.isUp(device)) {
            return true;
        }
        List<String> shown = IpCommand.output(family, "-Numeric", "route", "show", "table", "all", "dev", device)
                .lines()
                .map(line -> line.strip() + " ")
                .toList();
        boolean hasAddress = (IpCommand.output(family, "-oneline", "address", "show", "dev", device) + " ")
                .contains(" " + address + " ");
        return hasAddress && routes.stream().allMatch(route -> shown.stream().anyMatch(line -> line.startsWith(route)));
    }

    /** An address alone is shown without the length of its whole. */
    private static String shown(String route) {
        String whole = route.contains(":") ? "/128" : "/32";
        String unlimited = route.contains(":") ? "::/0" : "0.0.0.0/0";
        if (route.equals(unlimited)) {
            return "default";
        }
        return route.endsWith(whole) ? route.substring(0, route.length() - whole.length()) : route;
    }

    /** Takes the rule and the address back; what is gone already is no fault. Does no harm twice. */
    @Override
    public void close() throws IOException {
        IOException fault = null;
        for (String line : undo) {
            try {
                IpCommand.remove(line.split(" ", -1));
            } catch (IOException e) {
                if (fault != null) {
                    e.addSuppressed(fault);
                }
                fault = e;
            }
        }
        giveBack(table, device);
        if (fault != null) {
            throw fault;
        }
    }

    private static void giveBack(OptionalInt table, String device) throws IOException {
        if (table.isPresent()) {
            RoutingTable.giveBack(table.getAsInt(), device);
        }
    }

    /** Per-device settings that ip does not know. In a container they may be read-only; then they are left alone. */
    private static void prepare(TunAddressing wanted) {
        boolean isIpv4 = wanted.address() instanceof Inet4Address;
        if (isIpv4) {
            // Clients keep addresses that have no route back here; loose filtering still refuses the impossible ones.
            set("ipv4", wanted.device(), "rp_filter", "2");
        }
        set("ipv6", wanted.device(), "accept_ra", "0");
        set("ipv6", wanted.device(), "disable_ipv6", isIpv4 ? "1" : "0");
    }

    private static void set(String family, String device, String name, String value) {
        Path file = Path.of("/proc/sys/net", family, "conf", device, name);
        try {
            Files.writeString(file, value);
        } catch (IOException e) {
            LOG.debug("{} stays as it is: {}", file, e.getMessage());
        }
    }
}
