package dev.tunbridge.bridge.mapping;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.bridge.tun.TunStats;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A device behind a {@link ClientMapping}: the one place on each way where addresses change, next to the kernel, so that filter,
 * flows, suppression, queue and our own ICMP errors all know a client by its own address, whichever lane it came by.
 *
 * <p>Packets to the device lie in what the socket or the capture was read to, and are compared there later, so they are not
 * changed in place: their headers are written anew before the payload, which stays where it is.
 *
 * <pre>
 *   whole packet          | IP, TCP header | payload |      segment carriage   | IP |   | TCP header | payload |
 *   handed to the kernel  | copied, mended |   '------ as it is                | copied, mended     |   '------ as it is
 * </pre>
 *
 * What is neither TCP nor UDP, or has no such header, is rare and is copied whole. Without a mapping everything passes as it is.
 */
public final class MappedDevice implements TunDevice {
    /** One packet of any length, and many of the length of an ICMP error. */
    private static final int COPIES_BYTES = 66 * 1024;

    private final TunDevice device;
    private final LongSupplier clock;
    private final IpView ip = new IpView();
    private final QuotedPacket quoted = new QuotedPacket();
    private final ByteBuf header = Unpooled.directBuffer(MAX_HEADER_BYTES, MAX_HEADER_BYTES);
    /** Packets copied whole, until the device is flushed; made when the first one comes. */
    private @Nullable ByteBuf copies;

    private @Nullable ClientMapping mapping;

    private long nowNanos;
    private boolean isTimeStale = true;
    private boolean closed;

    /** @param clock monotonic nanoseconds; read once for each burst of packets */
    public MappedDevice(TunDevice device, LongSupplier clock) {
        this.device = device;
        this.clock = clock;
    }

    /** From now on clients are mapped like this; null: they keep their addresses. */
    public void map(@Nullable ClientMapping next) {
        mapping = next;
    }

    /** How clients are mapped now. */
    public @Nullable ClientMapping mapping() {
        return mapping;
    }

    /** Counters of the mapping there is. */
    public Optional<MappingStats> mappingStats() {
        ClientMapping current = mapping;
        return current == null ? Optional.empty() : Optional.of(current.stats(clock.getAsLong()));
    }

    /** Who has an address of the pool, the most recently active first; nobody where nobody is mapped. */
    public List<MappedClient> clients() {
        ClientMapping current = mapping;
        return current == null ? List.of() : current.clients(clock.getAsLong(), Integer.MAX_VALUE);
    }

    private long now() {
        if (isTimeStale) {
            isTimeStale = false;
            nowNanos = clock.getAsLong();
        }
        return nowNanos;
    }

    // To the kernel

    @Override
    public void write(ByteBuf packet, int index, int length) {
        ClientMapping current = mapping;
        if (current == null || closed || !isMapped(current, packet, index, length, packet, index + length, 0)) {
            device.write(packet, index, length);
        }
    }

    @Override
    public void write(ByteBuf head, int headIndex, int headLength, ByteBuf body, int bodyIndex, int bodyLength) {
        ClientMapping current = mapping;
        if (current == null || closed || !isMapped(current, head, headIndex, headLength, body, bodyIndex, bodyLength)) {
            device.write(head, headIndex, headLength, body, bodyIndex, bodyLength);
        }
    }

    /** Whether the packet has been dealt with; otherwise it goes as it is. */
    private boolean isMapped(
            ClientMapping current,
            ByteBuf head,
            int headIndex,
            int headLength,
            ByteBuf body,
            int bodyIndex,
            int bodyLength) {
        int version = headLength < IpView.IPV4_HEADER_BYTES ? 0 : head.getUnsignedByte(headIndex) >>> 4;
        if (version != (current.addressBytes() == 4 ? 4 : 6)) {
            return false;
        }
        int networkBytes = version == 4 ? (head.getByte(headIndex) & 0x0f) * 4 : IpView.IPV6_HEADER_BYTES;
        int protocolAt = version == 4 ? IpView.V4_PROTOCOL_AT : IpView.V6_NEXT_HEADER_AT;
        boolean isWhole = version == 6 || (head.getUnsignedShort(headIndex + IpView.V4_FRAGMENT_AT) & 0x3fff) == 0;
        int protocol = head.getUnsignedByte(headIndex + protocolAt);
        boolean isHere = networkBytes >= IpView.IPV4_HEADER_BYTES && networkBytes <= headLength;
        if (isWhole && isHere && (protocol == InnerPacket.TCP || protocol == InnerPacket.UDP)) {
            // The transport header begins the body, or follows in the head with all of the packet or all but payload.
            boolean isApart = networkBytes == headLength;
            ByteBuf transport = isApart ? body : head;
            int transportIndex = isApart ? bodyIndex : headIndex + networkBytes;
            int available = isApart ? bodyLength : headLength - networkBytes;
            int transportBytes = transportHeaderBytes(protocol, transport, transportIndex, available);
            boolean isContiguous = isApart || bodyLength == 0 || available == transportBytes;
            if (transportBytes > 0 && isContiguous) {
                return areHeadersMapped(
                        current,
                        head,
                        headIndex,
                        networkBytes,
                        transport,
                        transportIndex,
                        transportBytes,
                        protocol,
                        available == transportBytes ? body : transport,
                        available == transportBytes && !isApart ? bodyIndex : transportIndex + transportBytes,
                        headLength + bodyLength - networkBytes - transportBytes);
            }
        }
        return isCopiedAndMapped(current, head, headIndex, headLength, body, bodyIndex, bodyLength);
    }

    /** The length of a TCP or UDP header that is whole, or 0. */
    private static int transportHeaderBytes(int protocol, ByteBuf transport, int index, int available) {
        if (protocol == InnerPacket.UDP) {
            return available >= UdpView.HEADER_BYTES ? UdpView.HEADER_BYTES : 0;
        }
        if (available < TcpView.HEADER_BYTES) {
            return 0;
        }
        int bytes = (transport.getUnsignedByte(index + TcpView.DATA_OFFSET_AT) >>> 4) * 4;
        return bytes >= TcpView.HEADER_BYTES && bytes <= available ? bytes : 0;
    }

    private boolean areHeadersMapped(
            ClientMapping current,
            ByteBuf network,
            int networkIndex,
            int networkBytes,
            ByteBuf transport,
            int transportIndex,
            int transportBytes,
            int protocol,
            ByteBuf payload,
            int payloadIndex,
            int payloadLength) {
        int addressBytes = current.addressBytes();
        int sourceAt = addressBytes == 4 ? IpView.V4_SOURCE_AT : IpView.V6_SOURCE_AT;
        int place = current.sender(
                current.addressHigh(network, networkIndex + sourceAt),
                current.addressLow(network, networkIndex + sourceAt),
                protocol,
                transport,
                transportIndex,
                true,
                now());
        if (place == ClientMapping.KEEPS || place == ClientMapping.REFUSED) {
            return place == ClientMapping.REFUSED;
        }
        header.setBytes(0, network, networkIndex, networkBytes);
        header.setBytes(networkBytes, transport, transportIndex, transportBytes);
        int step = current.step(place);
        AddressRewriter.setAddress(header, sourceAt, addressBytes, current.poolHigh(), current.poolLow(place));
        if (addressBytes == 4) {
            AddressRewriter.mendHeader(header, 0, step);
        }
        AddressRewriter.mendTransport(header, networkBytes, transportBytes, protocol, addressBytes, step);
        device.write(header, 0, networkBytes + transportBytes, payload, payloadIndex, payloadLength);
        return true;
    }

    private boolean isCopiedAndMapped(
            ClientMapping current,
            ByteBuf head,
            int headIndex,
            int headLength,
            ByteBuf body,
            int bodyIndex,
            int bodyLength) {
        ByteBuf copy = copies;
        if (copy == null) {
            copy = Unpooled.directBuffer(COPIES_BYTES, COPIES_BYTES);
            copies = copy;
        }
        int length = headLength + bodyLength;
        if (copy.writableBytes() < length) {
            device.flush();
            copy.clear();
        }
        int index = copy.writerIndex();
        copy.writeBytes(head, headIndex, headLength).writeBytes(body, bodyIndex, bodyLength);
        if (ip.wrap(copy, index, length) != IpProblem.OK) {
            copy.writerIndex(index);
            return false;
        }
        int place = current.sender(
                current.addressHigh(copy, ip.sourceIndex()),
                current.addressLow(copy, ip.sourceIndex()),
                ip.protocol(),
                copy,
                ip.payloadIndex(),
                hasPorts(),
                now());
        if (place == ClientMapping.REFUSED) {
            copy.writerIndex(index);
            return true;
        }
        if (isError()) {
            int other = current.quotedReceiver(copy, quoted, now());
            if (other != ClientMapping.KEEPS) {
                AddressRewriter.rewriteQuoted(
                        copy,
                        ip.payloadIndex(),
                        quoted,
                        quoted.destinationIndex(),
                        current.poolHigh(),
                        current.poolLow(other),
                        current.step(other));
            }
        }
        if (place != ClientMapping.KEEPS) {
            rewrite(ip.sourceIndex(), current.poolHigh(), current.poolLow(place), current.step(place));
        }
        device.write(copy, index, length);
        return true;
    }

    private boolean hasPorts() {
        return !ip.isFragment() && ClientMapping.hasPorts(ip.protocol(), ip.payloadLength());
    }

    /** Whether the packet in hand is an ICMP error, whose quotation has been read then. */
    private boolean isError() {
        int icmp = ip.version() == 4 ? InnerPacket.ICMP : InnerPacket.ICMPV6;
        return ip.protocol() == icmp
                && ip.isFirstFragment()
                && ip.payloadLength() > 0
                && QuotedPacket.isError(ip.buffer().getUnsignedByte(ip.payloadIndex()), ip.addressBytes())
                && quoted.read(ip.buffer(), ip.payloadIndex(), ip.payloadLength(), ip.addressBytes());
    }

    /** Changes an address of the packet in hand. */
    private void rewrite(int addressIndex, long high, long low, int step) {
        ByteBuf buffer = ip.buffer();
        AddressRewriter.setAddress(buffer, addressIndex, ip.addressBytes(), high, low);
        if (ip.version() == 4) {
            AddressRewriter.mendHeader(buffer, ip.index(), step);
        }
        if (ip.isFirstFragment()) {
            AddressRewriter.mendTransport(
                    buffer, ip.payloadIndex(), ip.payloadLength(), ip.protocol(), ip.addressBytes(), step);
        }
    }

    @Override
    public void flush() {
        device.flush();
        isTimeStale = true;
        if (copies != null && !closed) {
            copies.clear();
        }
    }

    // From the kernel

    @Override
    public void open(EventLoop loop, TunHandler handler) throws IOException {
        device.open(loop, new FromKernel(handler));
    }

    private final class FromKernel implements TunHandler {
        private final TunHandler handler;

        FromKernel(TunHandler handler) {
            this.handler = handler;
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            ClientMapping current = mapping;
            if (current == null
                    || ip.wrap(buffer, index, length) != IpProblem.OK
                    || ip.addressBytes() != current.addressBytes()
                    || isUnmapped(current)) {
                handler.onPacket(buffer, index, length);
            }
        }

        @Override
        public void onReadComplete() {
            isTimeStale = true;
            handler.onReadComplete();
        }

        @Override
        public void onDeviceLost(IOException cause) {
            handler.onDeviceLost(cause);
        }
    }

    /** Gives the packet in hand its client's own address; false if it goes no further. */
    private boolean isUnmapped(ClientMapping current) {
        ByteBuf buffer = ip.buffer();
        int place = current.receiver(
                current.addressHigh(buffer, ip.destinationIndex()),
                current.addressLow(buffer, ip.destinationIndex()),
                ip.protocol(),
                buffer,
                ip.payloadIndex(),
                hasPorts(),
                now());
        if (place == ClientMapping.REFUSED) {
            return false;
        }
        if (isError()) {
            int other = current.quotedSender(buffer, quoted);
            if (other != ClientMapping.KEEPS) {
                AddressRewriter.rewriteQuoted(
                        buffer,
                        ip.payloadIndex(),
                        quoted,
                        quoted.sourceIndex(),
                        current.clientHigh(other),
                        current.clientLow(other),
                        AddressRewriter.back(current.step(other)));
            }
        }
        if (place != ClientMapping.KEEPS) {
            rewrite(
                    ip.destinationIndex(),
                    current.clientHigh(place),
                    current.clientLow(place),
                    AddressRewriter.back(current.step(place)));
        }
        return true;
    }

    // The rest is the device's own

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public boolean isOpen() {
        return device.isOpen();
    }

    @Override
    public boolean hasBackpressure() {
        return device.hasBackpressure();
    }

    @Override
    public void pauseReading() {
        device.pauseReading();
    }

    @Override
    public void resumeReading() {
        device.resumeReading();
    }

    @Override
    public TunStats stats() {
        return device.stats();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.close();
            header.release();
            if (copies != null) {
                copies.release();
                copies = null;
            }
        }
    }
}
