package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import java.nio.ByteOrder;

/**
 * The header in front of each packet of a TUN device with offloads ({@code struct virtio_net_hdr} of
 * linux/virtio_net.h), in the machine's byte order.
 *
 * <pre>
 *     0  flags        u8     needs checksum (1), data valid (2)
 *     1  gso type     u8     none (0), TCPv4 (1), TCPv6 (4), UDP_L4 (5); bit 7: CWR on the first segment
 *     2  header bytes u16    a hint, and from untrusted senders a lie: never used here
 *     4  gso size     u16    payload bytes of each segment but the last
 *     6  csum start   u16    where the checksum's range begins, from the start of the packet; it ends with the packet
 *     8  csum offset  u16    where the checksum field is, from csum start; it holds the folded sum of the pseudo-header
 * </pre>
 */
final class VirtioHeader {
    static final int BYTES = 10;

    static final int NEEDS_CHECKSUM = 1;

    static final int GSO_NONE = 0;
    static final int GSO_TCP4 = 1;
    static final int GSO_TCP6 = 4;
    static final int GSO_UDP = 5;
    static final int GSO_ECN = 0x80;

    private static final int FLAGS_AT = 0;
    private static final int GSO_TYPE_AT = 1;
    private static final int HEADER_LENGTH_AT = 2;
    private static final int GSO_SIZE_AT = 4;
    private static final int CHECKSUM_START_AT = 6;
    private static final int CHECKSUM_OFFSET_AT = 8;

    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private VirtioHeader() {}

    static boolean needsChecksum(ByteBuf buffer, int index) {
        return (buffer.getByte(index + FLAGS_AT) & NEEDS_CHECKSUM) != 0;
    }

    static int gsoType(ByteBuf buffer, int index) {
        return buffer.getUnsignedByte(index + GSO_TYPE_AT);
    }

    static int gsoSize(ByteBuf buffer, int index) {
        return getShort(buffer, index + GSO_SIZE_AT);
    }

    static int checksumStart(ByteBuf buffer, int index) {
        return getShort(buffer, index + CHECKSUM_START_AT);
    }

    static int checksumOffset(ByteBuf buffer, int index) {
        return getShort(buffer, index + CHECKSUM_OFFSET_AT);
    }

    /** A packet that is finished. */
    static void writePlain(ByteBuf buffer, int index) {
        buffer.setZero(index, BYTES);
    }

    /** A packet whose checksum the reader finishes, and cuts where {@code gsoType} is not {@link #GSO_NONE}. */
    static void write(
            ByteBuf buffer,
            int index,
            int gsoType,
            int headerBytes,
            int gsoSize,
            int checksumStart,
            int checksumOffset) {
        buffer.setByte(index + FLAGS_AT, NEEDS_CHECKSUM);
        buffer.setByte(index + GSO_TYPE_AT, gsoType);
        setShort(buffer, index + HEADER_LENGTH_AT, headerBytes);
        setShort(buffer, index + GSO_SIZE_AT, gsoSize);
        setShort(buffer, index + CHECKSUM_START_AT, checksumStart);
        setShort(buffer, index + CHECKSUM_OFFSET_AT, checksumOffset);
    }

    private static int getShort(ByteBuf buffer, int index) {
        return LITTLE_ENDIAN ? buffer.getUnsignedShortLE(index) : buffer.getUnsignedShort(index);
    }

    private static void setShort(ByteBuf buffer, int index, int value) {
        if (LITTLE_ENDIAN) {
            buffer.setShortLE(index, value);
        } else {
            buffer.setShort(index, value);
        }
    }
}
