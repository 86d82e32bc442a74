package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.AllowRule;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the clients of a session are given addresses of a pool, and of which.
 *
 * @param pool empty where clients keep their addresses
 * @param reason why, in words for the log
 */
public record MappingChoice(Optional<Prefix> pool, String reason) {
    /** What is bound everywhere by its nature, and answers nobody from beyond the link: DHCP clients, mDNS, LLMNR. */
    private static final Set<Integer> OF_THE_LINK = Set.of(68, 546, 5353, 5355);

    private static final int NAMED_PORTS = 8;

    /**
     * What was asked for.
     *
     * @param mode of the setting {@code mapping}
     * @param networks of {@code mapping.pool}; empty: any that is free
     * @param answers of {@code answers}; marks do for what is forwarded
     * @param entries of {@code mapping.entries}
     * @param allowed of {@code filter.allow}; empty: all
     */
    public record Wanted(
            MappingMode mode, List<Prefix> networks, AnswerMode answers, int entries, List<AllowRule> allowed) {}

    /**
     * What the tunnel has.
     *
     * @param device name of the TUN device
     * @param family of its addresses
     * @param reached networks that the device reaches through it by itself; clients in them keep their addresses
     * @param others what no pool may overlap either: the outer server
     */
    public record Reach(String device, AddressFamily family, List<Prefix> reached, List<Prefix> others) {}

    /**
     * Chooses.
     *
     * @throws IOException if the host cannot be asked, or a pool is wanted and no network is free for it; the message says
     *     what to set
     */
    public static MappingChoice of(Wanted wanted, Reach reach, HostNetworks host) throws IOException {
        Optional<String> why = switch (wanted.mode()) {
            case OFF -> Optional.empty();
            case POOL -> Optional.of("mapping: pool");
            case AUTO -> cause(wanted, reach, host);
        };
        if (why.isEmpty()) {
            return new MappingChoice(
                    Optional.empty(),
                    wanted.mode() == MappingMode.OFF
                            ? "mapping: off"
                            : "nothing here forwards or would answer them by another interface");
        }
        Optional<Prefix> network = network(wanted, reach, host);
        if (network.isEmpty() && wanted.mode() == MappingMode.POOL) {
            throw new IOException("mapping: pool, and no network for it is free (mapping.pool names one)");
        }
        return network.isEmpty()
                ? new MappingChoice(
                        network, why.get() + ", but no network for a pool is free: answers may go elsewhere")
                : new MappingChoice(network, why.get() + overlapOf(network, wanted, reach, host));
    }

    /** What would send answers elsewhere, if anything. */
    private static Optional<String> cause(Wanted wanted, Reach reach, HostNetworks host) throws IOException {
        if (reach.reached().stream().anyMatch(network -> network.length() == 0)) {
            return Optional.empty();
        }
        if (wanted.answers() == AnswerMode.OFF && host.forwards(reach.family())) {
            return Optional.of("the host forwards");
        }
        List<Integer> ports = host.wildcardUdpPorts(reach.family()).stream()
                .filter(port -> !OF_THE_LINK.contains(port) && isAllowed(port, wanted.allowed()))
                .toList();
        return ports.isEmpty() ? Optional.empty() : Optional.of(told(ports));
    }

    private static String told(List<Integer> ports) {
        String named = ports.stream().limit(NAMED_PORTS).map(String::valueOf).collect(Collectors.joining(", "));
        String more = ports.size() > NAMED_PORTS ? " and " + (ports.size() - NAMED_PORTS) + " more" : "";
        return "UDP services bound to no address would answer by another interface: port"
                + (ports.size() > 1 ? "s " : " ") + named + more;
    }

    /** Whether a client reaches the port at all. A rule of a client's port may let it through to any. */
    private static boolean isAllowed(int port, List<AllowRule> rules) {
        return rules.isEmpty()
                || rules.stream()
                        .filter(rule -> rule.protocol() == AllowRule.Protocol.UDP)
                        .anyMatch(rule -> rule.side() == AllowRule.Side.REMOTE
                                || (rule.firstPort() <= port && port <= rule.lastPort()));
    }

    private static Optional<Prefix> network(Wanted wanted, Reach reach, HostNetworks host) throws IOException {
        if (wanted.networks().isEmpty()) {
            List<Prefix> inUse = new ArrayList<>(host.inUse(reach.device()));
            inUse.addAll(reach.reached());
            inUse.addAll(reach.others());
            return PoolNetworks.free(reach.family(), reach.device(), wanted.entries(), inUse);
        }
        Optional<Prefix> named = wanted.networks().stream()
                .filter(network -> AddressFamily.of(network.address()) == reach.family())
                .findFirst();
        if (named.isPresent()) {
            refuseOverlap(named.get(), reach.reached(), "which the device reaches through the tunnel by itself");
            refuseOverlap(named.get(), reach.others(), "the server");
        }
        return named;
    }

    /** What a network that the user has named takes from the host, for a warning. */
    private static String overlapOf(Optional<Prefix> network, Wanted wanted, Reach reach, HostNetworks host)
            throws IOException {
        if (network.isEmpty() || wanted.networks().isEmpty()) {
            return "";
        }
        return host.inUse(reach.device()).stream()
                .filter(network.get()::overlaps)
                .findFirst()
                .map(other -> "; it overlaps " + other + " of the host")
                .orElse("");
    }

    private static void refuseOverlap(Prefix pool, Collection<Prefix> others, String what) throws IOException {
        for (Prefix other : others) {
            if (pool.overlaps(other)) {
                throw new IOException("mapping.pool: " + pool + " overlaps " + other + ", " + what);
            }
        }
    }
}
