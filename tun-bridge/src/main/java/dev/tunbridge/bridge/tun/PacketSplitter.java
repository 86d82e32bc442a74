package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpProblem;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Turns what the kernel hands over in one piece into ordinary packets with finished checksums, in place.
 *
 * <p>The headers of a later segment are written right in front of its payload, over the tail of the segment before,
 * which its taker is done with by then. So every packet is contiguous and no payload is copied:
 *
 * <pre>
 *   | headers | payload 0 ...... | payload 1 ...... | payload 2 .. |
 *   '------ packet 0 ------------'
 *                     | headers  |
 *                     '------ packet 1 -------------'
 * </pre>
 *
 * <p>Only the packet's own lengths are believed: the virtio header's length hint is ignored, and for segments every checksum is
 * computed from scratch.
 */
final class PacketSplitter {
    /** Takes the packets. */
    interface Sink {
        void onPacket(ByteBuf buffer, int index, int length);
    }

    /** IPv6 with a few extension headers, and a full TCP header. The kernel itself builds nothing longer. */
    private static final int MAX_HEADER_BYTES = 512;

    private final Sink sink;
    private final ByteBuf template = Unpooled.buffer(MAX_HEADER_BYTES, MAX_HEADER_BYTES);
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();
    private final UdpView udp = new UdpView();

    PacketSplitter(Sink sink) {
        this.sink = sink;
    }

    /**
     * Gives the packets in these bytes, a virtio header and what follows it, to the sink. Answers false, and gives
     * nothing, where the two do not fit together.
     */
    boolean split(ByteBuf buffer, int index, int length) {
        int packetIndex = index + VirtioHeader.BYTES;
        int packetLength = length - VirtioHeader.BYTES;
        if (packetLength < IpView.IPV4_HEADER_BYTES) {
            return false;
        }
        int type = VirtioHeader.gsoType(buffer, index) & ~VirtioHeader.GSO_ECN;
        if (type == VirtioHeader.GSO_NONE) {
            if (VirtioHeader.needsChecksum(buffer, index)
                    && !finishChecksum(buffer, index, packetIndex, packetLength)) {
                return false;
            }
            sink.onPacket(buffer, packetIndex, packetLength);
            return true;
        }
        int segmentBytes = VirtioHeader.gsoSize(buffer, index);
        if (segmentBytes == 0
                || ip.wrap(buffer, packetIndex, packetLength) != IpProblem.OK
                || ip.totalLength() != packetLength
                || ip.isFragment()) {
            return false;
        }
        return switch (type) {
            case VirtioHeader.GSO_TCP4 -> ip.version() == 4 && splitTcp(segmentBytes);
            case VirtioHeader.GSO_TCP6 -> ip.version() == 6 && splitTcp(segmentBytes);
            case VirtioHeader.GSO_UDP -> splitUdp(segmentBytes);
            default -> false;
        };
    }

    /** The field holds the sum of the pseudo-header, so summing the range with it gives the sum of everything. */
    private static boolean finishChecksum(ByteBuf buffer, int index, int packetIndex, int packetLength) {
        int start = VirtioHeader.checksumStart(buffer, index);
        int field = start + VirtioHeader.checksumOffset(buffer, index);
        if (start < IpView.IPV4_HEADER_BYTES || field + Short.BYTES > packetLength) {
            return false;
        }
        long sum = InternetChecksum.sum(buffer, packetIndex + start, packetLength - start);
        buffer.setShort(packetIndex + field, nonZero(InternetChecksum.complete(sum)));
        return true;
    }

    private boolean splitTcp(int segmentBytes) {
        if (ip.protocol() != IpView.PROTOCOL_TCP
                || tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != TcpProblem.OK) {
            return false;
        }
        int headerBytes = ip.headerLength() + tcp.dataOffset();
        return headerBytes <= MAX_HEADER_BYTES && cut(headerBytes, tcp.payloadLength(), segmentBytes);
    }

    private boolean splitUdp(int segmentBytes) {
        if (ip.protocol() != IpView.PROTOCOL_UDP
                || udp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) != UdpProblem.OK
                || udp.payloadLength() + UdpView.HEADER_BYTES != ip.payloadLength()) {
            return false;
        }
        int headerBytes = ip.headerLength() + UdpView.HEADER_BYTES;
        return headerBytes <= MAX_HEADER_BYTES && cut(headerBytes, udp.payloadLength(), segmentBytes);
    }

    /** Everything needed is read before the first packet goes out, since its taker may overwrite it. */
    private boolean cut(int headerBytes, int payloadBytes, int segmentBytes) {
        ByteBuf buffer = ip.buffer();
        int packetIndex = ip.index();
        int networkBytes = ip.headerLength();
        boolean version4 = ip.version() == 4;
        int protocol = ip.protocol();
        long addressSum = InternetChecksum.pseudoHeader(
                buffer, ip.sourceIndex(), ip.destinationIndex(), ip.addressBytes(), protocol, 0);
        int identification = ip.identification();
        buffer.getBytes(packetIndex, template, 0, headerBytes);

        int offset = 0;
        int number = 0;
        do {
            int bytes = Math.min(segmentBytes, payloadBytes - offset);
            int at = packetIndex + offset;
            int transportAt = at + networkBytes;
            int transportBytes = headerBytes - networkBytes + bytes;
            boolean last = offset + bytes == payloadBytes;
            if (number > 0) {
                buffer.setBytes(at, template, 0, headerBytes);
            }
            if (version4) {
                buffer.setShort(at + IpView.V4_TOTAL_LENGTH_AT, networkBytes + transportBytes);
                buffer.setShort(at + IpView.V4_IDENTIFICATION_AT, identification + number);
                Ipv4Header.finish(buffer, at, networkBytes);
            } else {
                buffer.setShort(
                        at + IpView.V6_PAYLOAD_LENGTH_AT, networkBytes - IpView.IPV6_HEADER_BYTES + transportBytes);
            }
            if (protocol == IpView.PROTOCOL_TCP) {
                finishTcp(buffer, transportAt, transportBytes, addressSum, offset, last);
            } else {
                finishUdp(buffer, transportAt, transportBytes, addressSum);
            }
            sink.onPacket(buffer, at, networkBytes + transportBytes);
            offset += bytes;
            number++;
        } while (offset < payloadBytes);
        return true;
    }

    /** FIN and PSH say something of the last byte, CWR (RFC 3168 section 6.1.2) is said once, so on the first. */
    private void finishTcp(ByteBuf buffer, int at, int length, long addressSum, int offset, boolean last) {
        int networkBytes = ip.headerLength();
        int flags = template.getUnsignedByte(networkBytes + TcpView.FLAGS_AT);
        if (!last) {
            flags &= ~(TcpView.FIN | TcpView.PSH);
        }
        if (offset > 0) {
            flags &= ~TcpView.CWR;
        }
        buffer.setInt(at + TcpView.SEQUENCE_AT, template.getInt(networkBytes + TcpView.SEQUENCE_AT) + offset);
        buffer.setByte(at + TcpView.FLAGS_AT, flags);
        buffer.setShort(at + TcpView.CHECKSUM_AT, 0);
        long sum = addressSum + length + InternetChecksum.sum(buffer, at, length);
        buffer.setShort(at + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
    }

    private static void finishUdp(ByteBuf buffer, int at, int length, long addressSum) {
        buffer.setShort(at + UdpView.LENGTH_AT, length);
        buffer.setShort(at + UdpView.CHECKSUM_AT, 0);
        long sum = addressSum + length + InternetChecksum.sum(buffer, at, length);
        buffer.setShort(at + UdpView.CHECKSUM_AT, nonZero(InternetChecksum.complete(sum)));
    }

    /** To UDP zero means "none" (RFC 768); all ones is the same number in ones' complement. */
    private static int nonZero(int checksum) {
        return checksum == 0 ? 0xffff : checksum;
    }
}
