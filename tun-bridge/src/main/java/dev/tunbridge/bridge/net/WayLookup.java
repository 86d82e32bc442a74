package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NextHop;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The way that the kernel would take to an address if some routes were not there: the rules in their order, and in each table the
 * longest network and then the least metric (fib_rules_lookup in net/core/fib_rules.c, fib_table_lookup). The kernel itself
 * can only be asked with all of them there. For what a local socket sends without a mark; of rules, those that ask for ports,
 * users or other fields that a route lookup by itself does not have are passed over. No I/O.
 */
final class WayLookup {
    private static final int MAIN_PRIORITY = 32766;

    /** Longer chains of FR_ACT_GOTO than any sane policy has. */
    private static final int MOST_STEPS = 10_000;

    private final HostNetwork host;
    private final Predicate<KernelRoute> isThere;

    /**
     * The way that was found.
     *
     * @param route the entry of its table
     * @param isBeforeMain whether a rule before that of the main table leads to it
     */
    record Way(KernelRoute route, boolean isBeforeMain) {
        /** The table in which a narrower route would take its place. */
        int table() {
            return isBeforeMain ? route.key().table() : KernelRoute.TABLE_MAIN;
        }
    }

    /** @param isThere which routes count */
    WayLookup(HostNetwork host, Predicate<KernelRoute> isThere) {
        this.host = host;
        this.isThere = isThere;
    }

    /**
     * The way to this address: nothing where there is none, or where it leads to this host itself. The kernel asks twice: first for any
     * source, then with that which the first answer gave.
     */
    Optional<Way> find(InetAddress destination) {
        List<Way> both = findBoth(destination);
        return both.isEmpty() ? Optional.empty() : Optional.of(both.get(both.size() - 1));
    }

    /** The answer to both questions, in their order; none where the last is no way. */
    List<Way> findBoth(InetAddress destination) {
        Optional<Way> first = find(destination, Optional.empty());
        Optional<InetAddress> source = first.flatMap(way -> sourceOf(way.route()));
        Optional<Way> second = source.isPresent() ? find(destination, source) : first;
        return second.filter(way -> way.route().kind().isUnicast()).isEmpty()
                ? List.of()
                : Stream.of(first, second).flatMap(Optional::stream).distinct().toList();
    }

    private Optional<InetAddress> sourceOf(KernelRoute route) {
        return route.preferredSource()
                .or(() -> route.nextHops().stream()
                        .map(NextHop::interfaceIndex)
                        .flatMap(
                                index -> host.addresses().stream().filter(address -> address.interfaceIndex() == index))
                        .map(address -> address.address())
                        .filter(address -> !address.isLinkLocalAddress())
                        .findFirst());
    }

    /** The way of what a socket with this source, or with none yet, sends. */
    Optional<Way> find(InetAddress destination, Optional<InetAddress> source) {
        if (host.rules().isEmpty()) {
            return best(KernelRoute.TABLE_LOCAL, destination)
                    .or(() -> best(KernelRoute.TABLE_MAIN, destination))
                    .map(route -> new Way(route, false));
        }
        List<PolicyRule> rules = host.rules().get();
        int steps = 0;
        for (int i = 0; i < rules.size() && steps < MOST_STEPS; steps++) {
            PolicyRule rule = rules.get(i++);
            if (!matches(rule, destination, source)) {
                continue;
            }
            if (rule.action() == PolicyRule.ACTION_GOTO) {
                i = indexOf(rules, rule.target());
            } else if (rule.action() == PolicyRule.ACTION_TABLE) {
                Optional<KernelRoute> found = best(rule.table(), destination)
                        .filter(route ->
                                !isSuppressed(route, rule) && !route.kind().isThrow());
                if (found.isPresent()) {
                    return found.filter(route -> !route.kind().isRefusal())
                            .map(route -> new Way(route, rule.priority() < mainPriority(rules)));
                }
            } else if (rule.action() != PolicyRule.ACTION_NOP) {
                return Optional.empty(); // blackhole, unreachable, prohibit
            }
        }
        return Optional.empty();
    }

    /** A route that refuses is no way that could be suppressed (fib_rules_lookup in net/core/fib_rules.c). */
    private static boolean isSuppressed(KernelRoute route, PolicyRule rule) {
        return route.prefixLength() <= rule.suppressedLength() && !route.kind().isRefusal();
    }

    private static int indexOf(List<PolicyRule> rules, long priority) {
        int i = 0;
        while (i < rules.size() && rules.get(i).priority() < priority) {
            i++;
        }
        return i;
    }

    private static long mainPriority(List<PolicyRule> rules) {
        return rules.stream()
                .filter(rule -> rule.action() == PolicyRule.ACTION_TABLE && rule.table() == KernelRoute.TABLE_MAIN)
                .filter(rule -> rule.suppressedLength() < 0)
                .mapToLong(PolicyRule::priority)
                .findFirst()
                .orElse(MAIN_PRIORITY);
    }

    private static boolean matches(PolicyRule rule, InetAddress destination, Optional<InetAddress> source) {
        if (!rule.others().isEmpty()) {
            return false;
        }
        boolean matches = rule.destination()
                        .map(network -> contains(network, destination))
                        .orElse(true)
                && rule.source()
                        .map(network -> source.map(address -> contains(network, address))
                                .orElse(network.prefixLength() == 0))
                        .orElse(true)
                && rule.mark().map(mark -> (mark.value() & mark.mask()) == 0).orElse(true)
                && (rule.inputInterface().isEmpty() || rule.inputInterface().equals("lo"))
                && rule.outputInterface().isEmpty();
        return matches != rule.isInverted();
    }

    private static boolean contains(PolicyRule.Network network, InetAddress address) {
        return Prefix.of(network.address(), network.prefixLength()).contains(address);
    }

    private Optional<KernelRoute> best(int table, InetAddress destination) {
        return host.routes().stream()
                .filter(route -> route.key().table() == table && route.key().tos() == 0)
                .filter(route -> HostNetwork.network(route).contains(destination))
                .filter(isThere)
                .filter(WayLookup::isAlive)
                .min(Comparator.comparingInt((KernelRoute route) -> -route.prefixLength())
                        .thenComparingLong(route -> route.key().priority()));
    }

    private static boolean isAlive(KernelRoute route) {
        return !route.kind().isUnicast()
                || route.nextHops().isEmpty()
                || !route.nextHops().stream().allMatch(NextHop::isDead);
    }
}
