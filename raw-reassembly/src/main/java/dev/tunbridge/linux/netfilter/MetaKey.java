package dev.tunbridge.linux.netfilter;

/** What there is to know of a packet besides its bytes (enum nft_meta_keys). */
public enum MetaKey {
    MARK(3),
    /** One octet: {@link Operand#family}. */
    NFPROTO(15),
    /** One octet: the IP protocol number of what the packet carries. */
    L4PROTO(16),
    /** Name of the interface that it came in by: 16 bytes. */
    IIFNAME(6);

    final int number;

    MetaKey(int number) {
        this.number = number;
    }
}
