package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * A rule of the routing policy: for which traffic which table is asked (ip-rule(8)).
 *
 * @param family of the traffic
 * @param priority the least is asked first
 * @param source only from this network; empty for all
 * @param destination only to this network; empty for all
 * @param table the table that is asked; 0 where it does something else
 * @param action FR_ACT_…
 * @param flags FIB_RULE_…
 * @param protocol who made it; 0 where the kernel does not know (before 4.17)
 * @param mark only what bears this mark under this mask
 * @param inputInterface only what came in by it; empty for all
 * @param outputInterface only what a socket has bound to it; empty for all
 * @param suppressedLength routes to networks of at most this length do not count; -1 for none
 * @param target the priority of the rule to go on with, of {@link #ACTION_GOTO}; 0 for none
 * @param others what else it asks for, by attribute: ports, users, tunnel numbers, tos; passed on as they are
 */
public record PolicyRule(
        AddressFamily family,
        long priority,
        Optional<Network> source,
        Optional<Network> destination,
        int table,
        int action,
        int flags,
        int protocol,
        Optional<Mark> mark,
        String inputInterface,
        String outputInterface,
        int suppressedLength,
        long target,
        Map<Integer, ByteBuffer> others) {
    /** FR_ACT_TO_TBL. */
    public static final int ACTION_TABLE = 1;

    public static final int ACTION_GOTO = 2;
    public static final int ACTION_NOP = 3;

    private static final int ACTION_BLACKHOLE = 6;
    private static final int ACTION_UNREACHABLE = 7;
    private static final int ACTION_PROHIBIT = 8;

    private static final int TABLE_DEFAULT = 253;

    /** What this host sends comes in by it, as rules see it (LOOPBACK_IFINDEX in ip_route_output_key_hash). */
    private static final String LOOPBACK = "lo";

    private static final int FIB_RULE_INVERT = 2;

    /** The source is looked for, and has to be of the rule's network (IPv6 alone: fib6_rule_saddr in net/ipv6/fib6_rules.c). */
    private static final int FIB_RULE_FIND_SADDR = 0x10000;

    /** Flags that somebody asks for; the kernel finds the others by itself. */
    static final int ASKED_FLAGS = FIB_RULE_INVERT | FIB_RULE_FIND_SADDR;

    /** FRA_IP_PROTO, since Linux 4.17. */
    private static final int IP_PROTOCOL = 22;

    private static final byte UDP = 17;

    /** A network of a rule. */
    public record Network(InetAddress address, int prefixLength) {
        @Override
        public String toString() {
            return address.getHostAddress() + "/" + prefixLength;
        }
    }

    /** What the firewall wrote on a packet, or a program on its socket. */
    public record Mark(int value, int mask) {}

    public PolicyRule {
        others = Map.copyOf(others);
    }

    /** A rule that asks a table for what comes from one address. */
    public static PolicyRule from(InetAddress address, int table, long priority, int protocol) {
        AddressFamily family = AddressFamily.of(address);
        Network own = new Network(address, family.bits());
        return asking(table, family, priority, Optional.of(own), Optional.empty(), protocol, Optional.empty(), "");
    }

    /**
     * A rule that asks a table for what this host itself sends from a network, and for nothing that it forwards.
     */
    public static PolicyRule ofThisHost(Network source, int table, long priority, int protocol) {
        return asking(
                table,
                AddressFamily.of(source.address()),
                priority,
                Optional.of(source),
                Optional.empty(),
                protocol,
                Optional.empty(),
                LOOPBACK);
    }

    /**
     * A rule that asks a table for datagrams of this host that have no source yet. That is {@code from 0.0.0.0} of IPv4; of IPv6 no {@code
     * from ::} matches it (findings/rule-from-no-address.sh), but a rule that finds the source.
     *
     * @param source what the table's route gives them
     * @param destination only to this network, which may be all
     */
    public static PolicyRule ofSourcelessDatagrams(
            InetAddress source, Network destination, int table, long priority, int protocol) {
        AddressFamily family = AddressFamily.of(source);
        boolean isFound = family == AddressFamily.IPV6;
        PolicyRule rule = asking(
                table,
                family,
                priority,
                Optional.of(new Network(isFound ? source : family.unspecified(), family.bits())),
                Optional.of(destination).filter(network -> network.prefixLength() > 0), // the kernel keeps none of all
                protocol,
                Optional.empty(),
                LOOPBACK);
        return rule.with(
                isFound ? FIB_RULE_FIND_SADDR : 0,
                protocol,
                Map.of(IP_PROTOCOL, ByteBuffer.wrap(new byte[] {UDP}).asReadOnlyBuffer()));
    }

    /** A rule that asks a table for what bears a mark. */
    public static PolicyRule marked(AddressFamily family, Mark mark, int table, long priority, int protocol) {
        return asking(table, family, priority, Optional.empty(), Optional.empty(), protocol, Optional.of(mark), "");
    }

    private static PolicyRule asking(
            int table,
            AddressFamily family,
            long priority,
            Optional<Network> source,
            Optional<Network> destination,
            int protocol,
            Optional<Mark> mark,
            String inputInterface) {
        return new PolicyRule(
                family,
                priority,
                source,
                destination,
                table,
                ACTION_TABLE,
                0,
                protocol,
                mark,
                inputInterface,
                "",
                -1,
                0,
                Map.of());
    }

    /** Whether it is for everything but what it says. */
    public boolean isInverted() {
        return (flags & FIB_RULE_INVERT) != 0;
    }

    /** Whether both are one rule, whatever the kernel has found of it: an interface that is not there, a target that is. */
    public boolean isSameRule(PolicyRule other) {
        return with(flags & ASKED_FLAGS, protocol, others)
                .equals(other.with(other.flags & ASKED_FLAGS, other.protocol, other.others));
    }

    PolicyRule by(int maker) {
        return with(flags, maker, others);
    }

    private PolicyRule with(int otherFlags, int maker, Map<Integer, ByteBuffer> otherOthers) {
        return new PolicyRule(
                family,
                priority,
                source,
                destination,
                table,
                action,
                otherFlags,
                maker,
                mark,
                inputInterface,
                outputInterface,
                suppressedLength,
                target,
                otherOthers);
    }

    /**
     * Whether the kernel, asked to remove this, would take that one if it comes first: it compares what is named, takes
     * what is not named for anything, and does not look at the inversion (rule_find in net/core/fib_rules.c).
     */
    boolean alsoNames(PolicyRule other) {
        return family == other.family
                && priority == other.priority
                && action == other.action
                && (table == 0 || table == other.table)
                && (protocol == 0 || protocol == other.protocol)
                && (source.isEmpty() || source.equals(other.source))
                && (destination.isEmpty() || destination.equals(other.destination))
                && (mark.isEmpty() || mark.equals(other.mark))
                && (inputInterface.isEmpty() || inputInterface.equals(other.inputInterface))
                && (outputInterface.isEmpty() || outputInterface.equals(other.outputInterface))
                && (target == 0 || target == other.target)
                && (suppressedLength < 0 || suppressedLength == other.suppressedLength)
                && others.entrySet().stream()
                        .allMatch(wanted -> wanted.getValue().equals(other.others.get(wanted.getKey())));
    }

    private String tableName() {
        return switch (table) {
            case KernelRoute.TABLE_LOCAL -> "local";
            case KernelRoute.TABLE_MAIN -> "main";
            case TABLE_DEFAULT -> "default";
            default -> Integer.toUnsignedString(table);
        };
    }

    /** As {@code ip rule} shows it, but for selectors that are not known here. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(priority).append(": ").append(isInverted() ? "not " : "").append("from ");
        text.append(source.map(Network::toString).orElse("all"));
        destination.ifPresent(network -> text.append(" to ").append(network));
        mark.ifPresent(wanted -> text.append(" fwmark 0x%x/0x%x".formatted(wanted.value(), wanted.mask())));
        if (!inputInterface.isEmpty()) {
            text.append(" iif ").append(inputInterface);
        }
        if (!outputInterface.isEmpty()) {
            text.append(" oif ").append(outputInterface);
        }
        text.append(
                switch (action) {
                    case ACTION_TABLE -> " lookup " + tableName();
                    case ACTION_GOTO -> " goto " + target;
                    case ACTION_NOP -> " nop";
                    case ACTION_BLACKHOLE -> " blackhole";
                    case ACTION_UNREACHABLE -> " unreachable";
                    case ACTION_PROHIBIT -> " prohibit";
                    default -> " action " + action;
                });
        if (suppressedLength >= 0) {
            text.append(" suppress_prefixlength ").append(suppressedLength);
        }
        return text.toString();
    }
}
