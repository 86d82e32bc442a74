package dev.tunbridge.bridge.queue;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;

/**
 * Explicit congestion notification (RFC 3168) in place, with checksums mended by what has changed alone (RFC 1624). The bytes
 * have been checked by whoever calls: a whole IP header is there.
 *
 * <pre>
 *   IPv4  word 0    |version| words |   DSCP    |ECN|      checksum at 10 covers it
 *   IPv6  word 0    |version|   DSCP    |ECN| label |      no checksum covers it
 * </pre>
 */
public final class Ecn {
    /** The sender knows nothing of it: such a packet is dropped where another would be marked. */
    public static final int NOT_CAPABLE = 0;

    /** ECT(1). */
    public static final int CAPABLE_1 = 1;

    /** ECT(0), what senders use. */
    public static final int CAPABLE_0 = 2;

    /** CE: the packet has met a standing queue. */
    public static final int CONGESTION_EXPERIENCED = 3;

    private static final int FIELD_BITS = 3;
    private static final int V6_FIELD_SHIFT = 4;

    private Ecn() {}

    /** The ECN field of the IPv4 or IPv6 packet at this index, 0 to 3. */
    public static int field(ByteBuf buffer, int index) {
        return trafficClass(buffer, index) & FIELD_BITS;
    }

    /** The differentiated services code point (RFC 2474) of the IPv4 or IPv6 packet at this index, 0 to 63. */
    static int dscp(ByteBuf buffer, int index) {
        return trafficClass(buffer, index) >>> 2;
    }

    private static int trafficClass(ByteBuf buffer, int index) {
        return isVersion4(buffer, index)
                ? buffer.getUnsignedByte(index + 1)
                : (buffer.getUnsignedShort(index) >>> V6_FIELD_SHIFT) & 0xff;
    }

    /**
     * Sets CE in the packet at this index where its sender can be told so; false: it is not capable, and unchanged. True also
     * where somebody has marked it before.
     */
    public static boolean markCongestion(ByteBuf buffer, int index) {
        int field = field(buffer, index);
        if (field == NOT_CAPABLE || field == CONGESTION_EXPERIENCED) {
            return field == CONGESTION_EXPERIENCED;
        }
        int word = buffer.getUnsignedShort(index);
        if (isVersion4(buffer, index)) {
            int marked = word | CONGESTION_EXPERIENCED;
            buffer.setShort(index, marked);
            mend(buffer, index + IpView.V4_CHECKSUM_AT, word, marked);
        } else {
            buffer.setShort(index, word | CONGESTION_EXPERIENCED << V6_FIELD_SHIFT);
        }
        return true;
    }

    private static void mend(ByteBuf buffer, int checksumIndex, int oldWord, int newWord) {
        int checksum = buffer.getUnsignedShort(checksumIndex);
        buffer.setShort(checksumIndex, InternetChecksum.updated(checksum, oldWord, newWord));
    }

    private static boolean isVersion4(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index) >>> 4 == 4;
    }
}
