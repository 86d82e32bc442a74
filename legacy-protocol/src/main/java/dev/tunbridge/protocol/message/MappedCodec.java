package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A codec whose payloads a mapper changes on their way. What it has read lies in memory of its own: that of the kernel lane until
 * {@link #settled}, that of a peek until the next.
 */
final class MappedCodec implements MessageCodec {
    private static final int FIRST_BYTES = 2_048;

    private final FrameFormat format;
    private final MessageCodec described;
    private final MessageMapper mapper;
    private final int mostGrowthBytes;
    /** Empty until something is read: some codecs are asked for lengths only. */
    private ByteBuf arena = Unpooled.EMPTY_BUFFER;

    private ByteBuf peeked = Unpooled.EMPTY_BUFFER;
    private @Nullable FrameView view;
    private boolean isClosed;

    MappedCodec(FrameFormat format, MessageCodec described, MessageMapper mapper, int mostGrowthBytes) {
        this.format = format;
        this.described = described;
        this.mapper = mapper;
        this.mostGrowthBytes = mostGrowthBytes;
    }

    @Override
    public FrameEncoder newEncoder() {
        return new FrameEncoder(format, (type, frame, payloadIndex) -> {
            if (mapper.maps(type)) {
                mapper.toWire(type, frame, payloadIndex);
            }
        });
    }

    @Override
    public void read(FrameView frame, MessageHandler handler) throws MalformedMessageException {
        described.read(mapper.maps(frame.type()) ? fromWire(frame, arena()) : frame, handler);
    }

    @Override
    public void peek(FrameView frame, MessageHandler handler) throws MalformedMessageException {
        if (!mapper.maps(frame.type())) {
            described.peek(frame, handler);
        } else if (mapper.isStateless()) {
            described.peek(peeked(frame), handler);
        } else {
            throw new MalformedMessageException("a frame of type " + frame.type() + " hangs on those before it");
        }
    }

    private ByteBuf arena() {
        if (arena.capacity() == 0) {
            arena = Unpooled.directBuffer(FIRST_BYTES);
        }
        return arena;
    }

    /** What is peeked at may be no frame, so no fault of its bytes may be more than that. */
    private FrameView peeked(FrameView frame) throws MalformedMessageException {
        if (peeked.capacity() == 0) {
            peeked = Unpooled.directBuffer(FIRST_BYTES);
        }
        try {
            return fromWire(frame, peeked.clear());
        } catch (RuntimeException e) {
            throw new MalformedMessageException("the mapper fails of it: " + e.getMessage());
        }
    }

    private FrameView fromWire(FrameView frame, ByteBuf target) throws MalformedMessageException {
        int contentIndex = target.writerIndex();
        int headBytes = frame.payloadIndex() - frame.contentIndex();
        target.writeBytes(frame.buffer(), frame.contentIndex(), headBytes + frame.payloadLength());
        int payloadIndex = contentIndex + headBytes;
        try {
            mapper.fromWire(frame.type(), target, payloadIndex);
        } catch (MalformedMessageException e) {
            target.writerIndex(contentIndex);
            throw e;
        }
        FrameView shown = view == null ? frame.another() : view;
        view = shown;
        return shown.showing(frame, target, contentIndex, target.writerIndex() - payloadIndex);
    }

    @Override
    public boolean isRewriting() {
        return true;
    }

    @Override
    public void settled() {
        arena.clear();
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            arena.release();
            peeked.release();
            mapper.close();
        }
    }

    @Override
    public boolean readUnframed(List<String> names, ByteBuf in, MessageHandler handler)
            throws MalformedMessageException {
        return described.readUnframed(names, in, handler);
    }

    @Override
    public void write(Message message, FrameEncoder encoder, ByteBuf out) {
        described.write(message, encoder, out);
    }

    @Override
    public Optional<Message> linkUp(InetAddress address, InetAddress peerAddress) {
        return described.linkUp(address, peerAddress);
    }

    @Override
    public ByteBuf beginPacket(FrameEncoder encoder, ByteBuf out, int ipVersion) {
        return described.beginPacket(encoder, out, ipVersion);
    }

    @Override
    public ByteBuf beginSegment(
            FrameEncoder encoder,
            ByteBuf out,
            int ipProtocol,
            ByteBuf addresses,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes) {
        return described.beginSegment(
                encoder, out, ipProtocol, addresses, clientAddressIndex, deviceAddressIndex, addressBytes);
    }

    @Override
    public ByteBuf beginData(FrameEncoder encoder, ByteBuf out, int channel) {
        return described.beginData(encoder, out, channel);
    }

    @Override
    public int dataOverheadBytes() {
        return described.dataOverheadBytes() + mostGrowthBytes;
    }

    @Override
    public int maxDataBytes() {
        return Math.max(0, described.maxDataBytes() - mostGrowthBytes);
    }

    @Override
    public int packetOverheadBytes() {
        return described.packetOverheadBytes() + mostGrowthBytes;
    }

    @Override
    public int segmentOverheadBytes(int addressBytes) {
        return described.segmentOverheadBytes(addressBytes) + mostGrowthBytes;
    }

    @Override
    public Set<Carriage> carriages() {
        return described.carriages();
    }

    @Override
    public int maxPacketBytes() {
        return Math.max(0, described.maxPacketBytes() - mostGrowthBytes);
    }

    @Override
    public int maxAppBytes() {
        return Math.max(0, described.maxAppBytes() - mostGrowthBytes);
    }

    @Override
    public int maxSegmentBytes(int addressBytes) {
        return Math.max(0, described.maxSegmentBytes(addressBytes) - mostGrowthBytes);
    }
}
