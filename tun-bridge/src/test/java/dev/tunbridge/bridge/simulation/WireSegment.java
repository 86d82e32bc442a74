package dev.tunbridge.bridge.simulation;

/**
 * A segment of the server on its way: the packet as it is on the wire, and what the models need to know of it without reading it.
 *
 * @param packet IP header, TCP header, payload; never changed once made
 * @param offset of its first byte in the stream
 * @param acknowledged bytes of ours that its acknowledgement number covers
 * @param unfinished whether its TCP checksum is that of the pseudo-header alone
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record WireSegment(
        byte[] packet,
        int payloadAt,
        long offset,
        int length,
        int timestamp,
        int echo,
        long acknowledged,
        boolean push,
        boolean corrupt,
        boolean unfinished) {

    long end() {
        return offset + length;
    }

    WireSegment corrupted(byte[] damaged) {
        return new WireSegment(
                damaged, payloadAt, offset, length, timestamp, echo, acknowledged, push, true, unfinished);
    }

    @Override
    public String toString() {
        return offset + ".." + end() + (push ? " PSH" : "") + (corrupt ? " corrupt" : "");
    }
}
