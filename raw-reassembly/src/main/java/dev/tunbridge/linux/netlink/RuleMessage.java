package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A {@link PolicyRule} in a message (include/uapi/linux/fib_rules.h).
 *
 * <pre>
 *   struct fib_rule_hdr: u8 family (0) | u8 destination length (1) | u8 source length (2) | u8 tos (3)
 *                        u8 table (4) | u8 (5) | u8 (6) | u8 action (7) | u32 flags (8)
 *   FRA_DST, FRA_SRC address | FRA_IIFNAME, FRA_OIFNAME text | FRA_PRIORITY u32 | FRA_FWMARK, FRA_FWMASK u32
 *   FRA_TABLE u32 | FRA_SUPPRESS_PREFIXLEN u32 | FRA_PROTOCOL u8
 * </pre>
 */
final class RuleMessage {
    static final int RTM_NEWRULE = 32;
    static final int RTM_DELRULE = 33;
    static final int RTM_GETRULE = 34;

    static final int BYTES = 12;
    private static final int DESTINATION_LENGTH_AT = 1;
    private static final int SOURCE_LENGTH_AT = 2;
    private static final int TOS_AT = 3;
    private static final int TABLE_AT = 4;
    private static final int ACTION_AT = 7;
    private static final int RULE_FLAGS_AT = 8;

    private static final int FRA_DST = 1;
    private static final int FRA_SRC = 2;
    private static final int FRA_IIFNAME = 3;
    private static final int FRA_GOTO = 4;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    static final int FRA_SUPPRESS_IFGROUP = 13;
    private static final int FRA_SUPPRESS_PREFIXLEN = 14;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int FRA_OIFNAME = 17;
    private static final int FRA_PAD = 18;
    private static final int FRA_PROTOCOL = 21;

    /**
     * Those that are read one by one. All others are passed on as they are, also what a later kernel asks for: a rule
     * that lost a condition would be for more traffic than somebody wanted, and its removal would hit another.
     */
    private static final Set<Integer> READ = Set.of(
            FRA_DST,
            FRA_SRC,
            FRA_IIFNAME,
            FRA_GOTO,
            FRA_OIFNAME,
            FRA_PRIORITY,
            FRA_FWMARK,
            FRA_FWMASK,
            FRA_TABLE,
            FRA_SUPPRESS_PREFIXLEN,
            FRA_PROTOCOL,
            FRA_PAD);

    /** Where {@link PolicyRule#others} has the type of service: no attribute has such a number. */
    private static final int TOS = 1 << 16;

    private RuleMessage() {}

    /** Nothing for what is too short, for a family that is neither IPv4 nor IPv6. */
    static Optional<PolicyRule> read(ByteBuffer body) {
        if (body.limit() < BYTES || !AddressFamily.isKnown(body.get(0))) {
            return Optional.empty();
        }
        NetlinkAttributes attributes = new NetlinkAttributes(body, BYTES, body.limit());
        int mark = (int) attributes.unsigned(FRA_FWMARK, 0);
        int mask = (int) attributes.unsigned(FRA_FWMASK, 0);
        return Optional.of(new PolicyRule(
                AddressFamily.of(body.get(0)),
                attributes.unsigned(FRA_PRIORITY, 0),
                network(attributes, FRA_SRC, body.get(SOURCE_LENGTH_AT) & 0xff),
                network(attributes, FRA_DST, body.get(DESTINATION_LENGTH_AT) & 0xff),
                attributes.has(FRA_TABLE) ? (int) attributes.unsigned(FRA_TABLE, 0) : body.get(TABLE_AT) & 0xff,
                body.get(ACTION_AT) & 0xff,
                body.getInt(RULE_FLAGS_AT),
                attributes.octet(FRA_PROTOCOL),
                mask == 0 && mark == 0 ? Optional.empty() : Optional.of(new PolicyRule.Mark(mark, mask)),
                attributes.text(FRA_IIFNAME),
                attributes.text(FRA_OIFNAME),
                attributes.has(FRA_SUPPRESS_PREFIXLEN) ? (int) attributes.unsigned(FRA_SUPPRESS_PREFIXLEN, 0) : -1,
                attributes.unsigned(FRA_GOTO, 0),
                others(body, attributes)));
    }

    private static Optional<PolicyRule.Network> network(NetlinkAttributes attributes, int type, int prefixLength) {
        Optional<InetAddress> address = attributes.address(type);
        return address.map(found -> new PolicyRule.Network(found, prefixLength));
    }

    /** Zero is a value: {@code uidrange 0-0} is for root alone. */
    private static Map<Integer, ByteBuffer> others(ByteBuffer body, NetlinkAttributes attributes) {
        Map<Integer, ByteBuffer> others = new HashMap<>();
        attributes.forEach((type, from, to) -> {
            boolean isForAll = type == FRA_SUPPRESS_IFGROUP && (int) attributes.unsigned(type, 0) == -1;
            if (!READ.contains(type) && !isForAll) {
                others.put(type, NetlinkAttributes.copy(body, from, to));
            }
        });
        if (body.get(TOS_AT) != 0) {
            others.put(TOS, NetlinkAttributes.copy(body, TOS_AT, TOS_AT + 1));
        }
        return others;
    }

    static NetlinkRequest list(AddressFamily family) {
        return new NetlinkRequest(RTM_GETRULE, NetlinkRequest.DUMP)
                .bytes(family.number(), 0, 0, 0, 0, 0, 0, 0)
                .words(0);
    }

    static NetlinkRequest add(PolicyRule rule) {
        return write(RTM_NEWRULE, NetlinkRequest.ACKNOWLEDGED | NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, rule);
    }

    static NetlinkRequest remove(PolicyRule rule) {
        return write(RTM_DELRULE, NetlinkRequest.ACKNOWLEDGED, rule);
    }

    private static NetlinkRequest write(int type, int flags, PolicyRule rule) {
        ByteBuffer tos = rule.others().get(TOS);
        int table = rule.table();
        NetlinkRequest request = new NetlinkRequest(type, flags)
                .bytes(rule.family().number(), length(rule.destination()), length(rule.source()))
                .bytes(tos == null ? 0 : tos.get(0), table >>> Byte.SIZE == 0 ? table : 0, 0, 0, rule.action())
                .words(rule.flags() & PolicyRule.ASKED_FLAGS) // the kernel finds the others by itself
                .attribute(FRA_PRIORITY, (int) rule.priority());
        rule.source().ifPresent(network -> request.attribute(FRA_SRC, network.address()));
        rule.destination().ifPresent(network -> request.attribute(FRA_DST, network.address()));
        if (table != 0) {
            request.attribute(FRA_TABLE, table);
        }
        rule.mark()
                .ifPresent(mark -> request.attribute(FRA_FWMARK, mark.value()).attribute(FRA_FWMASK, mark.mask()));
        if (!rule.inputInterface().isEmpty()) {
            request.attribute(FRA_IIFNAME, rule.inputInterface());
        }
        if (!rule.outputInterface().isEmpty()) {
            request.attribute(FRA_OIFNAME, rule.outputInterface());
        }
        if (rule.suppressedLength() >= 0) {
            request.attribute(FRA_SUPPRESS_PREFIXLEN, rule.suppressedLength());
        }
        if (rule.target() != 0) {
            request.attribute(FRA_GOTO, (int) rule.target());
        }
        rule.others().forEach((other, value) -> {
            if (other != TOS) {
                request.attribute(other, value);
            }
        });
        return rule.protocol() == 0 ? request : request.attribute(FRA_PROTOCOL, (byte) rule.protocol());
    }

    private static int length(Optional<PolicyRule.Network> network) {
        return network.map(PolicyRule.Network::prefixLength).orElse(0);
    }
}
