package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** Feeds a decoder in chunks, writes its events down as {@link ModelDecoder} does, and checks its promises on the way. */
final class Recorder implements FrameHandler {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Lent(ByteBuf buffer, int index, byte[] content) {}

    private final FrameFormat format;
    private final List<String> events = new ArrayList<>();
    private final List<Lent> lent = new ArrayList<>();

    private Recorder(FrameFormat format) {
        this.format = format;
    }

    static List<String> decode(FrameFormat format, byte[] stream, IntSupplier chunkBytes) {
        Recorder recorder = new Recorder(format);
        ByteBuf in = Unpooled.directBuffer();
        try (FrameDecoder decoder = new FrameDecoder(format)) {
            recorder.feed(decoder, in, stream, chunkBytes);
        } finally {
            in.release();
        }
        return recorder.events;
    }

    private void feed(FrameDecoder decoder, ByteBuf in, byte[] stream, IntSupplier chunkBytes) {
        for (int fed = 0; fed < stream.length; ) {
            int chunk = Math.min(chunkBytes.getAsInt(), stream.length - fed);
            in.writeBytes(stream, fed, chunk);
            fed += chunk;
            try {
                decoder.decode(in, this);
            } catch (LostSynchronisationException e) {
                events.add("lost " + e.reason() + " at " + e.offset());
                return;
            }
            for (Lent frame : lent) {
                assertThat(ByteBufUtil.getBytes(frame.buffer(), frame.index(), frame.content().length))
                        .as("what was handed out stays until the next call")
                        .isEqualTo(frame.content());
            }
            lent.clear();
            assertThat(decoder.offset()).isEqualTo(fed - in.readableBytes());
            assertThat(in.readableBytes()).isLessThanOrEqualTo(format.maxFrameBytes());
            in.discardReadBytes();
        }
    }

    @Override
    public void onFrame(FrameView frame) {
        List<Long> fields = new ArrayList<>();
        for (int i = 0; i < format.fields().size(); i++) {
            fields.add(frame.field(i));
        }
        byte[] payload = ByteBufUtil.getBytes(frame.buffer(), frame.payloadIndex(), frame.payloadLength());
        lent.add(new Lent(frame.buffer(), frame.payloadIndex(), payload));
        events.add(ModelDecoder.frameEvent(
                frame.startOffset(), frame.endOffset(), Integer.toUnsignedLong(frame.type()), fields, payload));
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        events.add("bad " + reason + " at " + offset);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        events.add("skipped " + fromOffset + ".." + toOffset);
    }
}
