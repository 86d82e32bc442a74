package dev.tunbridge.bridge.tun;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Finds consecutive TCP segments and UDP datagrams of a flow among the packets of a {@link WriteBatch}, by the rules of
 * the kernel's receive offload (net/ipv4/tcp_offload.c {@code tcp_gro_receive}, udp_offload.c {@code
 * udp_gro_receive_segment}, af_inet.c {@code inet_gro_receive}), a little stricter: what {@link PacketSplitter} makes of a
 * joined packet is what came, but for the identification of packets that may not be fragmented, which means nothing
 * (RFC 6864).
 *
 * <p>Packets join where
 *
 * <ul>
 *   <li>addresses, ports, traffic class, hop limit and flow label are equal;
 *   <li>all but the last carry the same number of bytes, and the last no more;
 *   <li>there is no IP option, extension header or fragment, and the identification counts up, or stands still with DF;
 *   <li>every checksum is there and right. One that is not is written as it is, for the kernel to count;
 *   <li>of TCP, each continues the sequence of the one before with the same options, window and acknowledgement number,
 *       and there is no flag but ACK, and PSH on the last.
 * </ul>
 *
 * <p>Datagrams join only where the kernel cuts them ({@code UDP_L4}, Linux 6.2); their receiver gets them one by one all
 * the same. The order within a flow is kept: whatever cannot join ends the joined packet of its flow, and a packet whose flow
 * cannot be told ends all those of its protocol, or of both. Each protocol has a table of its flows, without chains: one
 * that collides with another ends it.
 */
final class PacketCoalescer {
    /** Enough for 64 KiB in segments of 512 bytes, and few enough vectors for one writev. */
    static final int MAX_SEGMENTS = 128;

    /** The total length of IPv4, and what the kernel takes in one write. */
    static final int MAX_JOINED_BYTES = 65_535;

    private static final int NONE = WriteBatch.NONE;
    private static final int FLOW_SLOTS = 256;
    private static final int V4_PLAIN = 0x45;
    private static final int V4_FRAGMENTED = 0x3fff;
    private static final int V4_DONT_FRAGMENT = 0x4000;
    /** Data offset, flags and window in one word, without PSH. */
    private static final int FLAG_WORD_MASK = ~(TcpView.PSH << 16);

    private final WriteBatch batch;
    private final int[] payloadLengths = new int[WriteBatch.MAX_PACKETS];
    private final int[] next = new int[WriteBatch.MAX_PACKETS];
    /** By first packet; 0 for a packet that has joined another. */
    private final int[] segments = new int[WriteBatch.MAX_PACKETS];

    private final int[] last = new int[WriteBatch.MAX_PACKETS];
    private final int[] joinedPayload = new int[WriteBatch.MAX_PACKETS];
    private final int[] identificationSteps = new int[WriteBatch.MAX_PACKETS];

    private final int[] tcpFlows = new int[FLOW_SLOTS];
    private final int[] udpFlows = new int[FLOW_SLOTS];
    private boolean joinsDatagrams = true;

    // The packet in hand.
    private ByteBuf network = Unpooled.EMPTY_BUFFER;
    private int networkAt;
    private int networkBytes;
    private int protocol;
    /** Neither a fragment nor with IP options, and as long as it says. */
    private boolean isWhole;

    private ByteBuf transport = Unpooled.EMPTY_BUFFER;
    private int transportAt;
    private int transportHeaderBytes;
    private int payloadBytes;
    private int packetInHand;

    PacketCoalescer(WriteBatch batch) {
        this.batch = batch;
        endAllFlows();
    }

    /** For a kernel that takes no joined datagrams. */
    void disableDatagrams() {
        joinsDatagrams = false;
    }

    boolean joinsDatagrams() {
        return joinsDatagrams;
    }

    void clear() {
        network = Unpooled.EMPTY_BUFFER;
        transport = Unpooled.EMPTY_BUFFER;
        endAllFlows();
    }

    boolean isFirst(int packet) {
        return segments[packet] > 0;
    }

    /** How many segments are joined behind this first one, itself included; 0 for the others. */
    int segments(int first) {
        return segments[first];
    }

    int next(int packet) {
        return next[packet];
    }

    int payloadLength(int packet) {
        return payloadLengths[packet];
    }

    /** Bytes of the joined packets as they came, each with its headers. */
    int packetBytes(int first) {
        return batch.length(first) * segments[first] - payloadLengths[first] * segments[first] + joinedPayload[first];
    }

    /** Takes the batch's newest packet. */
    void add(int packet) {
        packetInHand = packet;
        next[packet] = NONE;
        segments[packet] = 1;
        if (!readNetworkHeader(packet)) {
            return;
        }
        int[] flows = isUdp() ? udpFlows : tcpFlows;
        if (!isWhole || !readTransportHeader(packet)) {
            Arrays.fill(flows, NONE);
            return;
        }
        int slot = flowSlot();
        int first = flows[slot];
        boolean known = first != NONE && isSameFlow(first);
        boolean joinable = isJoinable();
        if (known && joinable && continues(first)) {
            join(first, packet);
            if (payloadBytes < payloadLengths[first] || isLast() || segments[first] == MAX_SEGMENTS) {
                flows[slot] = NONE;
            }
            return;
        }
        if (joinable && !isLast()) {
            flows[slot] = packet;
            payloadLengths[packet] = payloadBytes;
            joinedPayload[packet] = payloadBytes;
            last[packet] = packet;
        } else if (known) {
            flows[slot] = NONE;
        }
    }

    private void join(int first, int packet) {
        if (segments[first] == 1 && networkBytes == Ipv4Header.BYTES) {
            identificationSteps[first] = identificationDifference(first);
        }
        next[last[first]] = packet;
        last[first] = packet;
        payloadLengths[packet] = payloadBytes;
        joinedPayload[first] += payloadBytes;
        segments[first]++;
        segments[packet] = 0;
    }

    private void endAllFlows() {
        Arrays.fill(tcpFlows, NONE);
        Arrays.fill(udpFlows, NONE);
    }

    /**
     * Answers whether this is a packet of TCP or UDP, and finds whether it {@link #isWhole}. Where it may hide one of
     * either, all flows end.
     */
    private boolean readNetworkHeader(int packet) {
        network = batch.headBuffer(packet);
        networkAt = batch.headIndex(packet);
        int length = batch.length(packet);
        int headLength = batch.headerLength(packet) > 0 ? batch.headerLength(packet) : length;
        if (headLength < IpView.IPV4_HEADER_BYTES) {
            endAllFlows();
            return false;
        }
        int firstByte = network.getUnsignedByte(networkAt);
        if (firstByte >>> 4 == 6 && headLength >= IpView.IPV6_HEADER_BYTES) {
            networkBytes = IpView.IPV6_HEADER_BYTES;
            protocol = network.getUnsignedByte(networkAt + IpView.V6_NEXT_HEADER_AT);
            if (protocol == IpView.PROTOCOL_ICMPV6 || (isUdp() && !joinsDatagrams)) {
                return false;
            }
            if (isTcp() || isUdp()) {
                isWhole = network.getUnsignedShort(networkAt + IpView.V6_PAYLOAD_LENGTH_AT) == length - networkBytes;
                return true;
            }
        } else if (firstByte >>> 4 == 4) {
            networkBytes = IpView.IPV4_HEADER_BYTES;
            protocol = network.getUnsignedByte(networkAt + IpView.V4_PROTOCOL_AT);
            if (!isTcp() && !(isUdp() && joinsDatagrams)) {
                return false;
            }
            isWhole = firstByte == V4_PLAIN
                    && network.getUnsignedShort(networkAt + IpView.V4_TOTAL_LENGTH_AT) == length
                    && (network.getUnsignedShort(networkAt + IpView.V4_FRAGMENT_AT) & V4_FRAGMENTED) == 0;
            return true;
        }
        endAllFlows();
        return false;
    }

    private boolean isTcp() {
        return protocol == IpView.PROTOCOL_TCP;
    }

    private boolean isUdp() {
        return protocol == IpView.PROTOCOL_UDP;
    }

    /**
     * The header must lie whole in one piece, behind the IP header or at the start of the body; of a part that came apart it
     * is then the end.
     */
    private boolean readTransportHeader(int packet) {
        int length = batch.length(packet) - networkBytes;
        transport = transportOf(packet);
        transportAt = transportIndexOf(packet);
        int apart = batch.headerLength(packet) - networkBytes;
        if (isUdp()) {
            transportHeaderBytes = UdpView.HEADER_BYTES;
            payloadBytes = length - UdpView.HEADER_BYTES;
            return payloadBytes >= 0
                    && (apart <= 0 || apart == UdpView.HEADER_BYTES)
                    && transport.getUnsignedShort(transportAt + UdpView.LENGTH_AT) == length;
        }
        if (length < TcpView.HEADER_BYTES || (apart > 0 && apart < TcpView.HEADER_BYTES)) {
            return false;
        }
        transportHeaderBytes = (transport.getUnsignedByte(transportAt + TcpView.DATA_OFFSET_AT) >>> 4) * 4;
        payloadBytes = length - transportHeaderBytes;
        return transportHeaderBytes >= TcpView.HEADER_BYTES
                && payloadBytes >= 0
                && (apart <= 0 || apart == transportHeaderBytes);
    }

    /** Where the transport header is: behind the IP header, unless a part that came apart ends with that. */
    private ByteBuf transportOf(int packet) {
        return batch.headerLength(packet) == networkBytes ? batch.body(packet) : batch.headBuffer(packet);
    }

    private int transportIndexOf(int packet) {
        return batch.headerLength(packet) == networkBytes
                ? batch.bodyIndex(packet)
                : batch.headIndex(packet) + networkBytes;
    }

    private boolean isJoinable() {
        return payloadBytes > 0 && (isUdp() ? hasChecksum() : hasPlainFlags()) && checksumsValid();
    }

    private boolean hasChecksum() {
        return transport.getShort(transportAt + UdpView.CHECKSUM_AT) != 0;
    }

    private boolean hasPlainFlags() {
        int flags = transport.getUnsignedByte(transportAt + TcpView.FLAGS_AT);
        return (flags & ~TcpView.PSH) == TcpView.ACK;
    }

    /** Whether nothing may join behind it. */
    private boolean isLast() {
        return isTcp() && (transport.getByte(transportAt + TcpView.FLAGS_AT) & TcpView.PSH) != 0;
    }

    private boolean checksumsValid() {
        if (networkBytes == IpView.IPV4_HEADER_BYTES
                && !InternetChecksum.isValid(InternetChecksum.sum(network, networkAt, networkBytes))) {
            return false;
        }
        int length = transportHeaderBytes + payloadBytes;
        long sum = pseudoHeaderSum(network, networkAt, length);
        if (batch.headerLength(packetInHand) > networkBytes) {
            sum += InternetChecksum.sum(transport, transportAt, transportHeaderBytes)
                    + InternetChecksum.sum(batch.body(packetInHand), batch.bodyIndex(packetInHand), payloadBytes);
        } else {
            sum += InternetChecksum.sum(transport, transportAt, length);
        }
        return InternetChecksum.isValid(sum);
    }

    private long pseudoHeaderSum(ByteBuf buffer, int at, int length) {
        boolean version4 = networkBytes == IpView.IPV4_HEADER_BYTES;
        int source = at + (version4 ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT);
        int addressBytes = version4 ? 4 : 16;
        return InternetChecksum.pseudoHeader(buffer, source, source + addressBytes, addressBytes, protocol, length);
    }

    private int flowSlot() {
        // Ports differ most; the addresses' sum keeps clients behind the same ports apart.
        int hash = transport.getInt(transportAt);
        int addressesAt =
                networkAt + (networkBytes == IpView.IPV4_HEADER_BYTES ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT);
        for (int at = addressesAt; at < networkAt + networkBytes; at += Integer.BYTES) {
            hash = hash * 31 + network.getInt(at);
        }
        hash *= 0x9e37_79b9;
        return hash >>> 24;
    }

    private boolean isSameFlow(int first) {
        ByteBuf firstNetwork = batch.headBuffer(first);
        int firstAt = batch.headIndex(first);
        if (network.getUnsignedByte(networkAt) >>> 4 != firstNetwork.getUnsignedByte(firstAt) >>> 4) {
            return false;
        }
        int addressesAt = networkBytes == IpView.IPV4_HEADER_BYTES ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT;
        return isEqual(network, networkAt, firstNetwork, firstAt, addressesAt, networkBytes)
                && transport.getInt(transportAt) == firstTransport(first).getInt(firstTransportAt(first));
    }

    private boolean continues(int first) {
        return payloadBytes <= payloadLengths[first]
                && networkBytes + transportHeaderBytes + joinedPayload[first] + payloadBytes <= MAX_JOINED_BYTES
                && (isUdp() || continuesTcp(first))
                && continuesNetwork(first);
    }

    private boolean continuesTcp(int first) {
        ByteBuf other = firstTransport(first);
        int otherAt = firstTransportAt(first);
        int expected = other.getInt(otherAt + TcpView.SEQUENCE_AT) + joinedPayload[first];
        if (transport.getInt(transportAt + TcpView.SEQUENCE_AT) != expected
                || transport.getInt(transportAt + TcpView.ACKNOWLEDGEMENT_AT)
                        != other.getInt(otherAt + TcpView.ACKNOWLEDGEMENT_AT)
                || transport.getShort(transportAt + TcpView.URGENT_AT) != other.getShort(otherAt + TcpView.URGENT_AT)) {
            return false;
        }
        int flagWords =
                transport.getInt(transportAt + TcpView.DATA_OFFSET_AT) ^ other.getInt(otherAt + TcpView.DATA_OFFSET_AT);
        return (flagWords & FLAG_WORD_MASK) == 0
                && isEqual(transport, transportAt, other, otherAt, TcpView.HEADER_BYTES, transportHeaderBytes);
    }

    private boolean continuesNetwork(int first) {
        ByteBuf other = batch.headBuffer(first);
        int otherAt = batch.headIndex(first);
        if (networkBytes == IpView.IPV6_HEADER_BYTES) {
            return network.getInt(networkAt) == other.getInt(otherAt)
                    && network.getByte(networkAt + IpView.V6_HOP_LIMIT_AT)
                            == other.getByte(otherAt + IpView.V6_HOP_LIMIT_AT);
        }
        int fragmentWord = network.getUnsignedShort(networkAt + IpView.V4_FRAGMENT_AT);
        if (network.getByte(networkAt + 1) != other.getByte(otherAt + 1)
                || network.getByte(networkAt + IpView.V4_TTL_AT) != other.getByte(otherAt + IpView.V4_TTL_AT)
                || fragmentWord != other.getUnsignedShort(otherAt + IpView.V4_FRAGMENT_AT)) {
            return false;
        }
        int difference = identificationDifference(first);
        if (segments[first] == 1) {
            return difference == 1 || (difference == 0 && (fragmentWord & V4_DONT_FRAGMENT) != 0);
        }
        return difference == identificationSteps[first] * segments[first];
    }

    private int identificationDifference(int first) {
        int identification = network.getUnsignedShort(networkAt + IpView.V4_IDENTIFICATION_AT);
        int other = batch.headBuffer(first).getUnsignedShort(batch.headIndex(first) + IpView.V4_IDENTIFICATION_AT);
        return (identification - other) & 0xffff;
    }

    private ByteBuf firstTransport(int first) {
        return transportOf(first);
    }

    private int firstTransportAt(int first) {
        return transportIndexOf(first);
    }

    /** Of whole words of four bytes. */
    private static boolean isEqual(ByteBuf a, int aAt, ByteBuf b, int bAt, int from, int to) {
        int offset = from;
        for (; offset <= to - Long.BYTES; offset += Long.BYTES) {
            if (a.getLong(aAt + offset) != b.getLong(bAt + offset)) {
                return false;
            }
        }
        return offset == to || a.getInt(aAt + offset) == b.getInt(bAt + offset);
    }

    /** Writes the virtio, IP and TCP or UDP header of the joined packet; returns the length of the last two. */
    int writeHeader(int first, ByteBuf out, int at) {
        ByteBuf head = batch.headBuffer(first);
        int headAt = batch.headIndex(first);
        boolean version4 = head.getUnsignedByte(headAt) >>> 4 == 4;
        networkBytes = version4 ? IpView.IPV4_HEADER_BYTES : IpView.IPV6_HEADER_BYTES;
        protocol = head.getUnsignedByte(headAt + (version4 ? IpView.V4_PROTOCOL_AT : IpView.V6_NEXT_HEADER_AT));
        int headerBytes = batch.length(first) - payloadLengths[first];
        int ipAt = at + VirtioHeader.BYTES;
        int transportOutAt = ipAt + networkBytes;
        int transportBytes = headerBytes - networkBytes + joinedPayload[first];
        int checksumOffset = isUdp() ? UdpView.CHECKSUM_AT : TcpView.CHECKSUM_AT;
        VirtioHeader.write(
                out, at, gsoType(version4), headerBytes, payloadLengths[first], networkBytes, checksumOffset);
        out.setBytes(ipAt, head, headAt, networkBytes);
        out.setBytes(transportOutAt, firstTransport(first), firstTransportAt(first), headerBytes - networkBytes);
        if (version4) {
            out.setShort(ipAt + IpView.V4_TOTAL_LENGTH_AT, networkBytes + transportBytes);
            Ipv4Header.finish(out, ipAt, networkBytes);
        } else {
            out.setShort(ipAt + IpView.V6_PAYLOAD_LENGTH_AT, transportBytes);
        }
        if (isUdp()) {
            out.setShort(transportOutAt + UdpView.LENGTH_AT, transportBytes);
        } else {
            out.setByte(transportOutAt + TcpView.FLAGS_AT, flagsOf(last[first]));
        }
        out.setShort(
                transportOutAt + checksumOffset, InternetChecksum.fold(pseudoHeaderSum(out, ipAt, transportBytes)));
        return headerBytes;
    }

    private int gsoType(boolean version4) {
        if (isUdp()) {
            return VirtioHeader.GSO_UDP;
        }
        return version4 ? VirtioHeader.GSO_TCP4 : VirtioHeader.GSO_TCP6;
    }

    private int flagsOf(int packet) {
        return firstTransport(packet).getUnsignedByte(firstTransportAt(packet) + TcpView.FLAGS_AT);
    }
}
