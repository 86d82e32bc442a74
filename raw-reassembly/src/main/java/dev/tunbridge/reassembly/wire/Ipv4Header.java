package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;

/** Writes an IPv4 header without options; {@link IpView} has the drawing. */
public final class Ipv4Header {
    public static final int BYTES = IpView.IPV4_HEADER_BYTES;

    private static final int VERSION_AND_LENGTH = 0x45;
    private static final int DONT_FRAGMENT = 0x4000;

    private Ipv4Header() {}

    /**
     * Writes {@link #BYTES} at the index. The datagram is atomic (RFC 6864): not to be fragmented, identification zero.
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
        out.setByte(index, VERSION_AND_LENGTH);
        out.setByte(index + 1, trafficClass);
        out.setShort(index + IpView.V4_TOTAL_LENGTH_AT, BYTES + payloadLength);
        out.setShort(index + IpView.V4_IDENTIFICATION_AT, 0);
        out.setShort(index + IpView.V4_FRAGMENT_AT, DONT_FRAGMENT);
        out.setByte(index + IpView.V4_TTL_AT, hopLimit);
        out.setByte(index + IpView.V4_PROTOCOL_AT, protocol);
        out.setInt(index + IpView.V4_SOURCE_AT, addresses.getInt(sourceIndex));
        out.setInt(index + IpView.V4_DESTINATION_AT, addresses.getInt(destinationIndex));
        finish(out, index, BYTES);
    }

    /** Computes the header checksum anew. */
    public static void finish(ByteBuf buffer, int index, int headerLength) {
        buffer.setShort(index + IpView.V4_CHECKSUM_AT, 0);
        int checksum = InternetChecksum.complete(InternetChecksum.sum(buffer, index, headerLength));
        buffer.setShort(index + IpView.V4_CHECKSUM_AT, checksum);
    }

    /** Changes the ECN bits (RFC 3168) and mends the checksum. */
    public static void setEcn(ByteBuf buffer, int index, int ecn) {
        int oldWord = buffer.getUnsignedShort(index);
        int newWord = (oldWord & ~3) | ecn;
        int checksum = buffer.getUnsignedShort(index + IpView.V4_CHECKSUM_AT);
        buffer.setShort(index, newWord);
        buffer.setShort(index + IpView.V4_CHECKSUM_AT, InternetChecksum.updated(checksum, oldWord, newWord));
    }
}
