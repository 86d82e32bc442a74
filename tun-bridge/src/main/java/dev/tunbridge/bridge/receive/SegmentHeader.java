package dev.tunbridge.bridge.receive;

import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Gives a segment that travelled without an IP header a new one on its way to a device (<em>segment</em> carriage). The
 * transport checksum covers the pseudo-header of the real addresses, so it stays as it is.
 */
public final class SegmentHeader {
    private static final int HOP_LIMIT = 64;

    private final ByteBuf header = Unpooled.directBuffer(Ipv6Header.BYTES, Ipv6Header.BYTES);

    /** Writes header and segment to the device; the segment's bytes stay unchanged until the device is flushed. */
    public void write(
            TunDevice device,
            int protocol,
            ByteBuf buffer,
            int sourceIndex,
            int destinationIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength) {
        int headerBytes;
        if (addressBytes == 4) {
            headerBytes = Ipv4Header.BYTES;
            Ipv4Header.write(header, 0, 0, segmentLength, protocol, HOP_LIMIT, buffer, sourceIndex, destinationIndex);
        } else {
            headerBytes = Ipv6Header.BYTES;
            Ipv6Header.write(header, 0, 0, segmentLength, protocol, HOP_LIMIT, buffer, sourceIndex, destinationIndex);
        }
        device.write(header, 0, headerBytes, buffer, segmentIndex, segmentLength);
    }

    /** Frees the memory. */
    public void release() {
        header.release();
    }
}
