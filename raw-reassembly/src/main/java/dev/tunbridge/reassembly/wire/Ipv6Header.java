package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;

/** Writes an IPv6 header without extensions; {@link IpView} has the drawing. */
public final class Ipv6Header {
    public static final int BYTES = IpView.IPV6_HEADER_BYTES;

    private Ipv6Header() {}

    /**
     * Writes {@link #BYTES} at the index, with flow label zero.
     *
     * @param payloadLength bytes that follow the header
     * @param addresses holds both addresses; may be {@code out}, where they do not overlap the header
     */
    public static void write(
            ByteBuf out,
            int index,
            int trafficClass,
            int payloadLength,
            int protocol,
            int hopLimit,
            ByteBuf addresses,
            int sourceIndex,
            int destinationIndex) {
        out.setInt(index, (6 << 28) | (trafficClass << 20));
        out.setShort(index + IpView.V6_PAYLOAD_LENGTH_AT, payloadLength);
        out.setByte(index + IpView.V6_NEXT_HEADER_AT, protocol);
        out.setByte(index + IpView.V6_HOP_LIMIT_AT, hopLimit);
        copyAddress(addresses, sourceIndex, out, index + IpView.V6_SOURCE_AT);
        copyAddress(addresses, destinationIndex, out, index + IpView.V6_DESTINATION_AT);
    }

    /** Changes the ECN bits (RFC 3168); there is no checksum to mend. */
    public static void setEcn(ByteBuf buffer, int index, int ecn) {
        int word = buffer.getUnsignedShort(index);
        buffer.setShort(index, (word & ~0x30) | (ecn << 4));
    }

    private static void copyAddress(ByteBuf from, int fromIndex, ByteBuf to, int toIndex) {
        to.setLong(toIndex, from.getLong(fromIndex));
        to.setLong(toIndex + 8, from.getLong(fromIndex + 8));
    }
}
