package dev.tunbridge.protocol.message;

/** Where the items of the message at hand lie, and the numbers among them. Reused for each message; one thread. */
final class Slots {
    /** A description may lay out so many items a message. */
    static final int MOST = 64;

    final long[] numbers = new long[MOST];
    /** Where each begins in the buffer; of bytes, where their content does. */
    final int[] indexes = new int[MOST];

    final int[] lengths = new int[MOST];
}
