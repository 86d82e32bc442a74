package dev.tunbridge.bridge.flow;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The one view of an inner packet that filter, flows, suppression and queue share, whether it still has its IP header
 * (<em>packet</em> carriage, or read from the device) or travels without (<em>segment</em> carriage). A flyweight: wrap
 * it anew for each packet, keep nothing of it. The wrapped bytes have been checked by whoever wraps.
 */
public final class InnerPacket {
    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ICMPV6 = 58;

    private static final int TCP_HEADER_BYTES = 20;
    private static final int UDP_HEADER_BYTES = 8;

    /** What an IP header says of fragmentation. */
    public enum Fragment {
        WHOLE,
        FIRST,
        LATER
    }

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int addressBytes;
    private int sourceIndex;
    private int destinationIndex;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int protocol;
    private Fragment fragment = Fragment.WHOLE;
    private boolean sourceRoute;
    private int transportIndex;
    private int transportLength;
    private int totalLength;

    /** Wraps a packet with its IP header; the view has been checked. */
    public void wrap(IpView ip) {
        wrapAddresses(ip.buffer(), ip.sourceIndex(), ip.destinationIndex(), ip.addressBytes());
        protocol = ip.protocol();
        fragment = !ip.isFragment() ? Fragment.WHOLE : ip.isFirstFragment() ? Fragment.FIRST : Fragment.LATER;
        sourceRoute = ip.hasSourceRoute();
        transportIndex = ip.payloadIndex();
        transportLength = ip.payloadLength();
        totalLength = ip.totalLength();
    }

    /** Wraps a TCP or UDP segment that has no IP header; the total length counts the header that it will get. */
    public void wrapSegment(
            ByteBuf buffer,
            int sourceIndex,
            int destinationIndex,
            int addressBytes,
            int protocol,
            int segmentIndex,
            int segmentLength) {
        wrapAddresses(buffer, sourceIndex, destinationIndex, addressBytes);
        this.protocol = protocol;
        fragment = Fragment.WHOLE;
        sourceRoute = false;
        transportIndex = segmentIndex;
        transportLength = segmentLength;
        totalLength = segmentLength + (addressBytes == 4 ? 20 : 40);
    }

    private void wrapAddresses(ByteBuf buffer, int sourceIndex, int destinationIndex, int addressBytes) {
        this.buffer = buffer;
        this.sourceIndex = sourceIndex;
        this.destinationIndex = destinationIndex;
        this.addressBytes = addressBytes;
        if (addressBytes == 4) {
            sourceHigh = 0;
            sourceLow = buffer.getUnsignedInt(sourceIndex);
            destinationHigh = 0;
            destinationLow = buffer.getUnsignedInt(destinationIndex);
        } else {
            sourceHigh = buffer.getLong(sourceIndex);
            sourceLow = buffer.getLong(sourceIndex + 8);
            destinationHigh = buffer.getLong(destinationIndex);
            destinationLow = buffer.getLong(destinationIndex + 8);
        }
    }

    public ByteBuf buffer() {
        return buffer;
    }

    /** 4 or 16. */
    public int addressBytes() {
        return addressBytes;
    }

    public int sourceIndex() {
        return sourceIndex;
    }

    public int destinationIndex() {
        return destinationIndex;
    }

    /** The first 64 bits of an IPv6 source, 0 for IPv4. */
    public long sourceHigh() {
        return sourceHigh;
    }

    /** The last 64 bits of an IPv6 source, or the IPv4 address. */
    public long sourceLow() {
        return sourceLow;
    }

    public long destinationHigh() {
        return destinationHigh;
    }

    public long destinationLow() {
        return destinationLow;
    }

    /** Upper-layer protocol, behind any IPv6 extension header. */
    public int protocol() {
        return protocol;
    }

    public Fragment fragment() {
        return fragment;
    }

    /** An IPv4 source route option or an IPv6 routing header. */
    public boolean hasSourceRoute() {
        return sourceRoute;
    }

    public boolean isTcp() {
        return protocol == TCP;
    }

    public boolean isTcpOrUdp() {
        return protocol == TCP || protocol == UDP;
    }

    public boolean isIcmp() {
        return protocol == (addressBytes == 4 ? ICMP : ICMPV6);
    }

    /** Whether ports can be read: TCP or UDP with a whole transport header that is here. */
    public boolean hasTransportHeader() {
        return fragment != Fragment.LATER
                && ((protocol == TCP && transportLength >= TCP_HEADER_BYTES)
                        || (protocol == UDP && transportLength >= UDP_HEADER_BYTES));
    }

    public int transportIndex() {
        return transportIndex;
    }

    public int transportLength() {
        return transportLength;
    }

    /** Length with the IP header. */
    public int totalLength() {
        return totalLength;
    }

    /** Only where {@link #hasTransportHeader()}. */
    public int sourcePort() {
        return buffer.getUnsignedShort(transportIndex);
    }

    /** Only where {@link #hasTransportHeader()}. */
    public int destinationPort() {
        return buffer.getUnsignedShort(transportIndex + 2);
    }

    /** Flags of a TCP segment whose header is here, as in {@link TcpView}. */
    public int tcpFlags() {
        return buffer.getUnsignedByte(transportIndex + TcpView.FLAGS_AT);
    }

    /** The sequence number of a TCP segment whose header is here. */
    public int tcpSequenceNumber() {
        return buffer.getInt(transportIndex + TcpView.SEQUENCE_AT);
    }

    /** How much of the sequence space a TCP segment takes: payload, SYN and FIN. Negative if its header is malformed. */
    public int tcpSequenceLength() {
        int flags = tcpFlags();
        int headerBytes = (buffer.getUnsignedByte(transportIndex + TcpView.DATA_OFFSET_AT) >>> 4) * 4;
        int payload = headerBytes < TcpView.HEADER_BYTES ? -1 : transportLength - headerBytes;
        return payload < 0 ? -1 : payload + (flags & TcpView.FIN) + ((flags & TcpView.SYN) >>> 1);
    }

    /**
     * Whether the checksum of a TCP, UDP or ICMP packet that is whole is right. Where a sender may leave it out, UDP over IPv4
     * (RFC 768), it must be there all the same.
     */
    public boolean isTransportChecksumValid() {
        long sum = InternetChecksum.sum(buffer, transportIndex, transportLength);
        if (protocol == UDP && buffer.getShort(transportIndex + UdpView.CHECKSUM_AT) == 0) {
            return false;
        }
        if (protocol != ICMP) {
            sum += InternetChecksum.pseudoHeader(
                    buffer, sourceIndex, destinationIndex, addressBytes, protocol, transportLength);
        }
        return InternetChecksum.isValid(sum);
    }

    /** A TCP segment that carries nothing but an acknowledgement: no payload, no SYN, FIN or RST. */
    public boolean isPureAck() {
        if (protocol != TCP || !hasTransportHeader()) {
            return false;
        }
        int headerBytes = (buffer.getUnsignedByte(transportIndex + 12) >>> 4) * 4;
        return headerBytes == transportLength && (buffer.getByte(transportIndex + 13) & 0x17) == 0x10;
    }
}
