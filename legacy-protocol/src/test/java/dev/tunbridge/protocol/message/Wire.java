package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Carries messages over one format, and turns the traffic callbacks back into records. */
final class Wire implements FrameHandler, MessageHandler {
    private final FrameFormat format;
    private final MessageCodec codec;
    private final boolean peeks;
    private final List<Message> received = new ArrayList<>();
    private final List<Integer> unknownTypes = new ArrayList<>();
    private @Nullable MalformedMessageException malformed;

    /** Messages of the reference protocol. */
    Wire(FrameFormat format) {
        this(format, Protocol.builtin("reference").messages().codec(format));
    }

    Wire(FrameFormat format, MessageCodec codec) {
        this(format, codec, false);
    }

    /** @param peeks whether frames may be none */
    Wire(FrameFormat format, MessageCodec codec, boolean peeks) {
        this.format = format;
        this.codec = codec;
        this.peeks = peeks;
    }

    List<Message> carry(List<Message> messages) throws MalformedMessageException {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            messages.forEach(message -> codec.write(message, encoder, out));
        }
        return read(out);
    }

    /** Puts any payload on the wire under the name of a type. */
    List<Message> readPayload(String type, byte[] payload) throws MalformedMessageException {
        return readPayload(format.type(type).orElseThrow(), payload);
    }

    List<Message> readPayload(int type, byte[] payload) throws MalformedMessageException {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            encoder.encode(out, type, Unpooled.wrappedBuffer(payload));
        }
        return read(out);
    }

    List<Message> read(ByteBuf in) throws MalformedMessageException {
        received.clear();
        try (FrameDecoder decoder = new FrameDecoder(format)) {
            decoder.decode(in, this);
        }
        assertThat(in.isReadable()).isFalse();
        if (malformed != null) {
            throw malformed;
        }
        return List.copyOf(received);
    }

    List<Message> received() {
        return List.copyOf(received);
    }

    List<Integer> unknownTypes() {
        return unknownTypes;
    }

    @Override
    public void onFrame(FrameView frame) {
        try {
            if (peeks) {
                codec.peek(frame, this);
            } else {
                codec.read(frame, this);
            }
        } catch (MalformedMessageException e) {
            malformed = e;
        }
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        throw new AssertionError("bad frame " + reason + " at " + offset);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        throw new AssertionError("skipped " + fromOffset + " to " + toOffset);
    }

    @Override
    public void onMessage(Message message) {
        received.add(message);
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        received.add(new Message.Packet(Octets.copyOf(buffer, index, length)));
    }

    @Override
    public void onSegment(
            int ipProtocol,
            ByteBuf buffer,
            int clientAddressIndex,
            int deviceAddressIndex,
            int addressBytes,
            int segmentIndex,
            int segmentLength) {
        received.add(new Message.Segment(
                ipProtocol,
                address(buffer, clientAddressIndex, addressBytes),
                address(buffer, deviceAddressIndex, addressBytes),
                Octets.copyOf(buffer, segmentIndex, segmentLength)));
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        received.add(new Message.Data(channel, Octets.copyOf(buffer, index, length)));
    }

    @Override
    public void onUnknownType(int type) {
        unknownTypes.add(type);
    }

    private static InetAddress address(ByteBuf buffer, int index, int length) {
        try {
            return InetAddress.getByAddress(ByteBufUtil.getBytes(buffer, index, length));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
