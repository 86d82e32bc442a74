package dev.tunbridge.linux.netfilter;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.netlink.NetlinkRequest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Changes of one table of the family inet, under construction: the kernel makes all of them or none, and packets see the table
 * before or after it, never between.
 *
 * <pre>
 *   one datagram:  BATCH_BEGIN | NEWTABLE | DELTABLE | … | NEWRULE | BATCH_END         each with a number, answered under it
 *   each message:  nlmsghdr (0) | struct nfgenmsg: u8 family (16) | u8 version 0 (17) | u16 resource, big endian (18) | attributes
 *   its type:      BATCH_BEGIN 0x10, BATCH_END 0x11 (resource: 10, nftables); 0x0a00 + NFT_MSG_*
 *   NEWTABLE 0     NAME (1) text | FLAGS (2) u32, big endian as all numbers here
 *   DELTABLE 2     NAME (1) text
 *   NEWCHAIN 3     TABLE (1) text | NAME (3) text | HOOK (4) { HOOKNUM (1) u32 | PRIORITY (2) s32 } | POLICY (5) u32 | TYPE (7) text
 *   NEWRULE 6      TABLE (1) text | CHAIN (2) text | EXPRESSIONS (4) { LIST_ELEM (1) { an {@link Expression} } … }
 * </pre>
 */
public final class Transaction {
    private static final int NFPROTO_INET = 1;
    private static final int NFNL_SUBSYS_NFTABLES = 10;
    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;

    /** NLM_F_REQUEST, and no answer where all is well. */
    private static final int SILENT = 0x1;

    private static final int NFT_MSG_NEWTABLE = 0;
    private static final int NFT_MSG_DELTABLE = 2;
    private static final int NFT_MSG_NEWCHAIN = 3;
    private static final int NFT_MSG_NEWRULE = 6;

    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_TABLE_FLAGS = 2;

    private static final int NFTA_CHAIN_TABLE = 1;
    private static final int NFTA_CHAIN_NAME = 3;
    private static final int NFTA_CHAIN_HOOK = 4;
    private static final int NFTA_CHAIN_POLICY = 5;
    private static final int NFTA_CHAIN_TYPE = 7;
    private static final int NFTA_HOOK_HOOKNUM = 1;
    private static final int NFTA_HOOK_PRIORITY = 2;
    private static final int NF_ACCEPT = 1;

    private static final int NFTA_RULE_TABLE = 1;
    private static final int NFTA_RULE_CHAIN = 2;
    private static final int NFTA_RULE_EXPRESSIONS = 4;
    private static final int NFTA_LIST_ELEM = 1;

    private static final Map<Errno, String> OF_BATCH = Map.of(
            Errno.EPERM, "CAP_NET_ADMIN is missing in the user namespace to which the network namespace belongs",
            Errno.EOPNOTSUPP, "this kernel has no nftables (module nf_tables, CONFIG_NF_TABLES)");

    private static final String NO_FAMILY = "this kernel's nftables has no family inet (CONFIG_NF_TABLES_INET)";

    private static final Map<Errno, String> OF_TABLE = Map.of(
            Errno.EPERM,
            "it belongs to another socket that is open (flags owner)",
            Errno.EAFNOSUPPORT,
            NO_FAMILY,
            Errno.EOPNOTSUPP,
            NO_FAMILY + ", or does not know the table's flags");

    private final String table;
    private final List<Message> messages = new ArrayList<>();

    /**
     * One message.
     *
     * @param what in words, for a fault
     * @param reasons what a fault means here
     */
    record Message(NetlinkRequest request, String what, Map<Errno, String> reasons) {}

    private Transaction(String table) {
        this.table = table;
        add(control(NFNL_MSG_BATCH_BEGIN), "transaction", OF_BATCH);
    }

    /** For this table; nothing is changed yet. */
    public static Transaction of(String table) {
        return new Transaction(table);
    }

    /** Makes the table; one that is there stays as it is, unless it is of another kind, which is a fault. */
    public Transaction addTable(TableKind kind) {
        NetlinkRequest request = change(NFT_MSG_NEWTABLE, NetlinkRequest.CREATE).attribute(NFTA_TABLE_NAME, table);
        if (kind.flags() != 0) {
            request.bigEndian(NFTA_TABLE_FLAGS, kind.flags());
        }
        return add(request, "add table", OF_TABLE);
    }

    /** Removes the table with all it holds; ENOENT where there is none. */
    public Transaction removeTable() {
        return add(change(NFT_MSG_DELTABLE, 0).attribute(NFTA_TABLE_NAME, table), "remove table", OF_TABLE);
    }

    /** Removes the table where it is there. */
    public Transaction removeTableIfPresent() {
        return addTable(TableKind.LASTING).removeTable(); // DESTROYTABLE would need Linux 6.3
    }

    /** Hangs an empty chain into the packets' way. */
    public Transaction addChain(BaseChain chain) {
        NetlinkRequest request = change(NFT_MSG_NEWCHAIN, NetlinkRequest.CREATE)
                .attribute(NFTA_CHAIN_TABLE, table)
                .attribute(NFTA_CHAIN_NAME, chain.name())
                .nested(
                        NFTA_CHAIN_HOOK,
                        hook -> hook.bigEndian(NFTA_HOOK_HOOKNUM, chain.hook().number)
                                .bigEndian(NFTA_HOOK_PRIORITY, chain.priority()))
                .bigEndian(NFTA_CHAIN_POLICY, NF_ACCEPT)
                .attribute(NFTA_CHAIN_TYPE, chain.type());
        String lacking = "this kernel's nftables has no chains of type "
                + chain.type()
                + " in the family inet (CONFIG_NF_TABLES_INET; type route there since Linux 5.2)";
        return add(request, "add chain " + chain, Map.of(Errno.ENOENT, lacking, Errno.EOPNOTSUPP, lacking));
    }

    /** A rule behind those that the chain has; its steps in phrases, as one would say it. */
    @SafeVarargs
    public final Transaction addRule(String chain, List<Expression>... phrases) {
        List<Expression> expressions = new ArrayList<>();
        for (List<Expression> phrase : phrases) {
            expressions.addAll(phrase);
        }
        NetlinkRequest request = change(NFT_MSG_NEWRULE, NetlinkRequest.CREATE | NetlinkRequest.APPEND)
                .attribute(NFTA_RULE_TABLE, table)
                .attribute(NFTA_RULE_CHAIN, chain)
                .nested(NFTA_RULE_EXPRESSIONS, list -> {
                    for (Expression expression : expressions) {
                        list.nested(NFTA_LIST_ELEM, expression::write);
                    }
                });
        String names = expressions.stream()
                .map(expression -> "nft_" + expression.name())
                .distinct()
                .collect(Collectors.joining(", "));
        String lacking = "this kernel lacks one of " + names + " (CONFIG_NFT_…; marks of connections:"
                + " CONFIG_NF_CONNTRACK_MARK)";
        return add(request, "add rule to chain " + chain, Map.of(Errno.ENOENT, lacking, Errno.EOPNOTSUPP, lacking));
    }

    private static NetlinkRequest control(int type) {
        return new NetlinkRequest(type, SILENT).bytes(0, 0, 0, NFNL_SUBSYS_NFTABLES);
    }

    private static NetlinkRequest change(int type, int flags) {
        return new NetlinkRequest(NFNL_SUBSYS_NFTABLES << Byte.SIZE | type, NetlinkRequest.ACKNOWLEDGED | flags)
                .bytes(NFPROTO_INET, 0, 0, 0);
    }

    private Transaction add(NetlinkRequest request, String what, Map<Errno, String> reasons) {
        messages.add(new Message(request, what, reasons));
        return this;
    }

    String table() {
        return table;
    }

    /** The beginning, which is answered where the whole is refused, and each change; the end is not among them. */
    List<Message> messages() {
        return messages;
    }

    /** All messages, numbered from here on. */
    byte[] toBytes(int firstSequence) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int sequence = firstSequence;
        for (Message message : messages) {
            bytes.writeBytes(message.request.toBytes(sequence++));
        }
        bytes.writeBytes(control(NFNL_MSG_BATCH_END).toBytes(sequence));
        return bytes.toByteArray();
    }
}
