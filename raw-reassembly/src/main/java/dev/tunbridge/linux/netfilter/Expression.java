package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.netlink.NetlinkRequest;
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

    private static final int NFTA_DATA_VALUE = 1;

    /** NFT_REG_1, of 16 bytes; the first one is for verdicts. */
    private static final int REGISTER = 1;

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
