package dev.tunbridge.reassembly.wire;

/**
 * Arithmetic on 32-bit TCP sequence numbers (RFC 9293 section 3.4). They wrap, so order is defined only between numbers
 * less than 2³¹ apart; this is the one place that knows how to compare them.
 */
public final class SequenceNumber {
    private SequenceNumber() {}

    /** How far {@code a} lies behind {@code b} in the stream: negative where it comes before. */
    public static int difference(int a, int b) {
        return a - b;
    }

    public static boolean isBefore(int a, int b) {
        return a - b < 0;
    }

    public static boolean isAtOrBefore(int a, int b) {
        return a - b <= 0;
    }

    public static boolean isAfter(int a, int b) {
        return a - b > 0;
    }

    public static boolean isAtOrAfter(int a, int b) {
        return a - b >= 0;
    }

    public static int add(int sequenceNumber, int bytes) {
        return sequenceNumber + bytes;
    }

    /** The later of the two. */
    public static int max(int a, int b) {
        return a - b >= 0 ? a : b;
    }

    /**
     * The 64-bit position nearest to {@code reference} whose low 32 bits are this sequence number. A number exactly 2³¹
     * away is taken to lie before the reference.
     */
    public static long unwrap(long reference, int sequenceNumber) {
        return reference + (sequenceNumber - (int) reference);
    }
}
