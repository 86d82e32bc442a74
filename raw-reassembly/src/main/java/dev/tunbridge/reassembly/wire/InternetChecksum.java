package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;

/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * <p>A <em>partial sum</em> is a plain {@code long} of 16-bit words in network order; partial sums of parts that start at even
 * offsets add up with {@code +}. Addition modulo 2¹⁶ − 1 is also the sum of wider words once the halves are folded together, so
 * eight bytes are added at a time; a {@code long} holds the sum of 2³¹ bytes without overflow.
 */
public final class InternetChecksum {
    private static final long LOW_WORD = 0xffff_ffffL;

    private InternetChecksum() {}

    /** The partial sum of a range; an odd last byte counts as the high half of a word. */
    public static long sum(ByteBuf buffer, int index, int length) {
        // Two chains of additions, since each waits for its predecessor.
        long even = 0;
        long odd = 0;
        int at = index;
        int end = index + length;
        for (int unrolledEnd = end - 31; at < unrolledEnd; at += 32) {
            long first = buffer.getLong(at);
            long second = buffer.getLong(at + 8);
            long third = buffer.getLong(at + 16);
            long fourth = buffer.getLong(at + 24);
            even += (first >>> 32) + (first & LOW_WORD);
            odd += (second >>> 32) + (second & LOW_WORD);
            even += (third >>> 32) + (third & LOW_WORD);
            odd += (fourth >>> 32) + (fourth & LOW_WORD);
        }
        for (; at <= end - 4; at += 4) {
            even += buffer.getInt(at) & LOW_WORD;
        }
        if (at <= end - 2) {
            odd += buffer.getUnsignedShort(at);
            at += 2;
        }
        if (at < end) {
            odd += (long) buffer.getUnsignedByte(at) << 8;
        }
        return even + odd;
    }

    /**
     * The partial sum of a pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1).
     *
     * @param addressBytes 4 or 16
     * @param length bytes of the upper-layer header and its payload
     */
    public static long pseudoHeader(
            ByteBuf addresses, int sourceIndex, int destinationIndex, int addressBytes, int protocol, int length) {
        return sum(addresses, sourceIndex, addressBytes)
                + sum(addresses, destinationIndex, addressBytes)
                + protocol
                + length;
    }

    /** The 16-bit ones'-complement sum. */
    public static int fold(long partialSum) {
        long words = (partialSum >>> 32) + (partialSum & LOW_WORD);
        words = (words >>> 32) + (words & LOW_WORD);
        long halves = (words >>> 16) + (words & 0xffff);
        halves = (halves >>> 16) + (halves & 0xffff);
        return (int) halves;
    }

    /** The value of the checksum field, given the sum of everything else. */
    public static int complete(long partialSum) {
        return ~fold(partialSum) & 0xffff;
    }

    /** Whether data that includes its checksum field is intact. */
    public static boolean isValid(long partialSum) {
        return fold(partialSum) == 0xffff;
    }

    /** The checksum after one aligned 16-bit word has changed: equation 3 of RFC 1624, which is right also where the sum is zero. */
    public static int updated(int checksum, int oldWord, int newWord) {
        return complete((~checksum & 0xffffL) + (~oldWord & 0xffffL) + newWord);
    }
}
