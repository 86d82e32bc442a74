package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.NetlinkRequest;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;

/**
 * One step of a rule. The steps of a rule go one after the other over one register; a comparison that fails ends the rule. They
 * are what {@code nft --debug=netlink} shows.
 *
 * <pre>
 *   NFTA_LIST_ELEM (1) { NFTA_EXPR_NAME (1) text | NFTA_EXPR_DATA (2) { of each expression its own, numbers big endian:
 *     meta     load: DREG (1) register, KEY (2)              store: KEY (2), SREG (3) register
 *     ct       load: DREG (1) register, KEY (2)              store: KEY (2), SREG (4) register
 *     cmp      SREG (1) register, OP (2), DATA (3) { NFTA_DATA_VALUE (1) bytes of the register }
 *     payload  DREG (1) register, BASE (2) 1 for the network header, OFFSET (3), LEN (4)
 *     immediate DREG (1) register, DATA (2) { NFTA_DATA_VALUE (1) bytes for the register }
 *     tproxy   FAMILY (1), REG_ADDR (2) register, REG_PORT (3) register
 *     bitwise  SREG (1) register, DREG (2) register, LEN (3) bytes, MASK (4) { VALUE (1) }, XOR (5) { VALUE (1) }
 *   } }
 * </pre>
 */
public final class Expression {
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;

    private static final int META_DREG = 1;
    private static final int META_KEY = 2;
    private static final int META_SREG = 3;

    private static final int CT_DREG = 1;
    private static final int CT_KEY = 2;
    private static final int CT_SREG = 4;

    private static final int CMP_SREG = 1;
    private static final int CMP_OP = 2;
    private static final int CMP_DATA = 3;
    private static final int CMP_EQ = 0;
    private static final int CMP_NEQ = 1;

    private static final int BITWISE_SREG = 1;
    private static final int BITWISE_DREG = 2;
    private static final int BITWISE_LEN = 3;
    private static final int BITWISE_MASK = 4;
    private static final int BITWISE_XOR = 5;

    private static final int PAYLOAD_DREG = 1;
    private static final int PAYLOAD_BASE = 2;
    private static final int PAYLOAD_OFFSET = 3;
    private static final int PAYLOAD_LEN = 4;
    private static final int NETWORK_HEADER = 1;

    private static final int IMMEDIATE_DREG = 1;
    private static final int IMMEDIATE_DATA = 2;

    private static final int TPROXY_FAMILY = 1;
    private static final int TPROXY_REG_ADDR = 2;
    private static final int TPROXY_REG_PORT = 3;

    /** Where an IP header has its destination (RFC 791 section 3.1, RFC 8200 section 3). */
    private static final int DESTINATION_AT_IPV4 = 16;

    private static final int DESTINATION_AT_IPV6 = 24;

    private static final int NFTA_DATA_VALUE = 1;

    /** NFT_REG_1, of 16 bytes; the first one is for verdicts. */
    private static final int REGISTER = 1;

    /** NFT_REG_2. */
    private static final int SECOND_REGISTER = 2;

    private final String name;
    private final Consumer<NetlinkRequest> data;

    Expression(String name, Consumer<NetlinkRequest> data) {
        this.name = name;
        this.data = data;
    }

    /** Loads what is known of the packet. */
    public static Expression meta(MetaKey key) {
        return new Expression(
                "meta", data -> data.bigEndian(META_DREG, REGISTER).bigEndian(META_KEY, key.number));
    }

    /** Stores what is loaded. */
    public static Expression setMeta(MetaKey key) {
        return new Expression(
                "meta", data -> data.bigEndian(META_KEY, key.number).bigEndian(META_SREG, REGISTER));
    }

    /** Loads what is known of the packet's connection; of a packet that belongs to none the rule ends here. */
    public static Expression ct(ConnectionKey key) {
        return new Expression("ct", data -> data.bigEndian(CT_DREG, REGISTER).bigEndian(CT_KEY, key.number));
    }

    /** Stores what is loaded. */
    public static Expression setCt(ConnectionKey key) {
        return new Expression("ct", data -> data.bigEndian(CT_KEY, key.number).bigEndian(CT_SREG, REGISTER));
    }

    /** Loads the address that the packet goes to; after {@link MetaKey#NFPROTO} has shown that it is of the family. */
    public static Expression destination(AddressFamily family) {
        int offset = family == AddressFamily.IPV4 ? DESTINATION_AT_IPV4 : DESTINATION_AT_IPV6;
        return new Expression(
                "payload",
                data -> data.bigEndian(PAYLOAD_DREG, REGISTER)
                        .bigEndian(PAYLOAD_BASE, NETWORK_HEADER)
                        .bigEndian(PAYLOAD_OFFSET, offset)
                        .bigEndian(PAYLOAD_LEN, family.bytes()));
    }

    /**
     * Gives the packet to the socket with IP_TRANSPARENT that it belongs to: one that has its connection, or else the one that listens at
     * this address and port, wherever the packet goes to. Where there is none the rule ends here. In the hook prerouting only.
     */
    public static List<Expression> toSocket(InetAddress address, int port) {
        int family = Operand.number(AddressFamily.of(address));
        return List.of(
                load(REGISTER, Operand.address(address)),
                load(SECOND_REGISTER, Operand.port(port)),
                new Expression(
                        "tproxy",
                        data -> data.bigEndian(TPROXY_FAMILY, family)
                                .bigEndian(TPROXY_REG_ADDR, REGISTER)
                                .bigEndian(TPROXY_REG_PORT, SECOND_REGISTER)));
    }

    private static Expression load(int register, Operand operand) {
        return new Expression("immediate", data -> {
            data.bigEndian(IMMEDIATE_DREG, register);
            value(data, IMMEDIATE_DATA, operand);
        });
    }

    /** Goes on where this is loaded. */
    public static Expression equal(Operand operand) {
        return compare(CMP_EQ, operand);
    }

    /** Goes on where something else is loaded. */
    public static Expression unequal(Operand operand) {
        return compare(CMP_NEQ, operand);
    }

    private static Expression compare(int operation, Operand operand) {
        return new Expression("cmp", data -> {
            data.bigEndian(CMP_SREG, REGISTER).bigEndian(CMP_OP, operation);
            value(data, CMP_DATA, operand);
        });
    }

    /** Of the 32 bits that are loaded keeps those of {@code kept}, and sets those of {@code set}, which are others. */
    public static Expression bits(int kept, int set) {
        if ((kept & set) != 0) {
            throw new IllegalArgumentException(String.format("bits 0x%x are to be kept, and to be set", kept & set));
        }
        return new Expression("bitwise", data -> {
            data.bigEndian(BITWISE_SREG, REGISTER)
                    .bigEndian(BITWISE_DREG, REGISTER)
                    .bigEndian(BITWISE_LEN, Integer.BYTES);
            value(data, BITWISE_MASK, Operand.word(kept));
            value(data, BITWISE_XOR, Operand.word(set)); // of bits that are 0 by then
        });
    }

    private static void value(NetlinkRequest data, int type, Operand operand) {
        data.nested(type, value -> value.attribute(NFTA_DATA_VALUE, operand.bytes()));
    }

    String name() {
        return name;
    }

    void write(NetlinkRequest request) {
        request.attribute(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, data);
    }
}
