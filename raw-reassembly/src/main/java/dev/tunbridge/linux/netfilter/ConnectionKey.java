package dev.tunbridge.linux.netfilter;

/** What connection tracking knows of the connection a packet belongs to (enum nft_ct_keys). */
public enum ConnectionKey {
    /** One octet: {@link Operand#ORIGINAL} or {@link Operand#REPLY}. */
    DIRECTION(1),
    MARK(3);

    final int number;

    ConnectionKey(int number) {
        this.number = number;
    }
}
