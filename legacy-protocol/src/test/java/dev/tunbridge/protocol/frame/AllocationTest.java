package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Traffic costs no garbage: the collector would show up as latency. */
class AllocationTest implements FrameHandler, MessageHandler {
    private static final int FRAMES_PER_ROUND = 80;
    private static final int ROUNDS = 500;

    private int frames;
    private MessageCodec codec = Protocol.builtin("reference").newCodec();

    @ParameterizedTest
    @ValueSource(strings = {"reference", "plain-le", "hdlc", "masked", "blocks", "shapes", "typed"})
    void trafficIsWrittenAndReadWithoutAllocation(String name) {
        FrameFormat format = format(name);
        codec = Protocol.builtin("reference").messages().codec(format);
        ByteBuf wire = Unpooled.directBuffer(1 << 18);
        ByteBuf segment = Unpooled.directBuffer().writeZero(1_400);
        try (FrameEncoder encoder = new FrameEncoder(format);
                FrameDecoder decoder = new FrameDecoder(format)) {
            run(encoder, decoder, wire, segment);
            ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = thread.getCurrentThreadAllocatedBytes();
            run(encoder, decoder, wire, segment);
            long bytesPerFrame = (thread.getCurrentThreadAllocatedBytes() - before) / (FRAMES_PER_ROUND * ROUNDS);
            // The measurement itself and late compilation allocate a little.
            assertThat(bytesPerFrame).isZero();
        } finally {
            wire.release();
            segment.release();
        }
        assertThat(frames).isEqualTo(2 * FRAMES_PER_ROUND * ROUNDS);
    }

    private static final String MASKED = """
            name: masked
            frame:
              header: [{name: type, at: 0, size: 1}, {name: masked, at: 1, size: 1, shift: 7, bits: 1}]
              length: {at: 1, size: 1, bits: 7, encoding: staged, max: 2048}
              payload: {at: length-end}
              mask: {when: masked, size: 4}
            types: {tcp: 33, data: 50}
            """;
    private static final String BLOCKS = """
            name: blocks
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 2, max: 2048}
              payload: {at: 3}
              check: {algorithm: crc16-dnp, from: payload-start, to: payload-end, at: payload-end, every: 16}
            types: {tcp: 33, data: 50}
            """;

    /** A type that stands first in the payload, of many numbers, one of them under a mask. */
    private static final String TYPED = """
            name: typed
            frame:
              length: {at: 0, size: 3, encoding: varint, max: 2048}
              payload: {at: length-end, type: {at: 0, size: 2}}
            types: {udp: [1, 2, 3], tcp: [33, {number: 0x100, mask: 0xF00}], app: {number: 0x200, mask: 0xFF00}, data: 50}
            """;

    private static final String SHAPES = """
            name: shapes
            frame:
              crcExtra: {33: 7, 34: 8}
              shapes:
                - {sync: {bytes: "E5"}, payload: {at: 1, size: 0}}
                - sync: {bytes: "FD"}
                  header: [{name: signed, at: 1, size: 1, bits: 1}, {name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, max: 2048}
                  payload: {at: 5}
                  check: {algorithm: crc16-mcrf4xx, from: 1, to: payload-end, at: payload-end}
                  signature: {when: signed, size: 13}
            types: {tcp: 33, data: 34}
            """;

    /** One that ships, or one whose frames the wire has otherwise than the reader sees them. */
    private static FrameFormat format(String name) {
        return switch (name) {
            case "masked" -> FrameFormat.parse(MASKED, name);
            case "shapes" -> FrameFormat.parse(SHAPES, name);
            case "typed" -> FrameFormat.parse(TYPED, name);
            case "blocks" -> FrameFormat.parse(BLOCKS, name);
            default -> FrameFormat.builtin(name);
        };
    }

    private void run(FrameEncoder encoder, FrameDecoder decoder, ByteBuf wire, ByteBuf segment) {
        for (int round = 0; round < ROUNDS; round++) {
            wire.clear();
            for (int i = 0; i < FRAMES_PER_ROUND / 2; i++) {
                codec.beginSegment(encoder, wire, Message.TCP, segment, 0, 4, 4).writeBytes(segment, 0, 1_400);
                encoder.end();
                codec.beginData(encoder, wire, i).writeBytes(segment, 0, 1_400);
                encoder.end();
            }
            decoder.decode(wire, this);
        }
    }

    @Override
    public void onFrame(FrameView frame) {
        try {
            codec.read(frame, this);
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
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
        frames++;
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        throw new AssertionError(reason);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        throw new AssertionError(fromOffset);
    }

    @Override
    public void onMessage(Message message) {
        throw new AssertionError(message);
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        throw new AssertionError(index);
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        frames++;
    }

    @Override
    public void onUnknownType(int type) {
        throw new AssertionError(type);
    }
}
