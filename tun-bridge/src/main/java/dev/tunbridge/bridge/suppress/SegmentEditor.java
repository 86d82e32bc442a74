package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;

/**
 * Takes payload off a TCP segment in IP, in place, and mends lengths and checksums. The buffer is the caller's, who may
 * write to it; the packet then begins at {@link #index()} and is {@link #length()} long, and every view of it has to be
 * wrapped anew.
 */
final class SegmentEditor {
    private int index;
    private int length;

    int index() {
        return index;
    }

    int length() {
        return length;
    }

    /** Leaves nothing but the acknowledgement, as its sender would send it now. */
    void strip(InnerPacket packet, TcpView tcp, int packetIndex, int sequenceNumber) {
        int flags = tcp.flags() & ~(TcpView.PSH | TcpView.FIN | TcpView.SYN);
        edit(packet, tcp, packetIndex, 0, 0, sequenceNumber, flags);
    }

    /**
     * Keeps a part of the payload.
     *
     * @param skipped payload bytes taken off the front
     * @param kept payload bytes that stay
     */
    void trim(InnerPacket packet, TcpView tcp, int packetIndex, int skipped, int kept) {
        boolean isEnd = skipped + kept == tcp.payloadLength();
        int flags = isEnd ? tcp.flags() : tcp.flags() & ~(TcpView.PSH | TcpView.FIN);
        edit(packet, tcp, packetIndex, skipped, kept, tcp.sequenceNumber() + skipped, flags);
    }

    private void edit(
            InnerPacket packet, TcpView tcp, int packetIndex, int skipped, int kept, int sequenceNumber, int flags) {
        ByteBuf buffer = packet.buffer();
        int networkBytes = packet.transportIndex() - packetIndex;
        int headerBytes = tcp.dataOffset();
        if (skipped > 0) {
            for (int at = networkBytes + headerBytes - 1; at >= 0; at--) { // it may overlap itself
                buffer.setByte(packetIndex + skipped + at, buffer.getByte(packetIndex + at));
            }
        }
        index = packetIndex + skipped;
        length = networkBytes + headerBytes + kept;
        int transport = index + networkBytes;
        buffer.setInt(transport + TcpView.SEQUENCE_AT, sequenceNumber);
        buffer.setByte(transport + TcpView.FLAGS_AT, flags);
        int addressBytes = packet.addressBytes();
        if (addressBytes == 4) {
            buffer.setShort(index + IpView.V4_TOTAL_LENGTH_AT, length);
            Ipv4Header.finish(buffer, index, networkBytes);
        } else {
            buffer.setShort(index + IpView.V6_PAYLOAD_LENGTH_AT, length - IpView.IPV6_HEADER_BYTES);
        }
        buffer.setShort(transport + TcpView.CHECKSUM_AT, 0);
        long sum = InternetChecksum.pseudoHeader(
                        buffer,
                        packet.sourceIndex() + skipped,
                        packet.destinationIndex() + skipped,
                        addressBytes,
                        InnerPacket.TCP,
                        headerBytes + kept)
                + InternetChecksum.sum(buffer, transport, headerBytes + kept);
        buffer.setShort(transport + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
    }
}
