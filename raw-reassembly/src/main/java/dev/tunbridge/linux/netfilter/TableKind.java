package dev.tunbridge.linux.netfilter;

/** How a table lives (enum nft_table_flags). A kernel that does not know a flag refuses it: EINVAL, a newer one EOPNOTSUPP. */
public record TableKind(int flags) {
    /** Until somebody removes it. */
    public static final TableKind LASTING = new TableKind(0);

    /** As long as the socket by which it is made, which alone may change it (NFT_TABLE_F_OWNER, Linux 5.12). */
    public static final TableKind OWNED = new TableKind(0x2);
}
