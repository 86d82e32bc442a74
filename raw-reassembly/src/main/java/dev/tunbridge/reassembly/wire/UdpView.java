package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A UDP datagram (RFC 768).
 *
 * <pre>
 *         0                              16                             31
 *     0   | source port                  | destination port             |
 *     4   | length, header included      | checksum, or 0 for none      |
 * </pre>
 */
public final class UdpView {
    public static final int HEADER_BYTES = 8;
    public static final int LENGTH_AT = 4;
    public static final int CHECKSUM_AT = 6;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int index;
    private int datagramLength;

    /** Reads the header of the datagram in these bytes. The view is valid only after {@link UdpProblem#OK}. */
    public UdpProblem wrap(ByteBuf buffer, int index, int length) {
        if (length < HEADER_BYTES) {
            return UdpProblem.TRUNCATED;
        }
        this.buffer = buffer;
        this.index = index;
        datagramLength = buffer.getUnsignedShort(index + LENGTH_AT);
        return datagramLength < HEADER_BYTES || datagramLength > length ? UdpProblem.LENGTH : UdpProblem.OK;
    }

    public ByteBuf buffer() {
        return buffer;
    }

    /** Where the datagram starts. */
    public int index() {
        return index;
    }

    public int sourcePort() {
        return buffer.getUnsignedShort(index);
    }

    public int destinationPort() {
        return buffer.getUnsignedShort(index + 2);
    }

    /** Zero means that the sender computed none. */
    public int checksum() {
        return buffer.getUnsignedShort(index + CHECKSUM_AT);
    }

    public int payloadIndex() {
        return index + HEADER_BYTES;
    }

    public int payloadLength() {
        return datagramLength - HEADER_BYTES;
    }
}
