package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;

/** Runs the recording through the decoder of a description: what is claimed of it is what came of that. */
final class Rehearsal implements FrameHandler {
    private int frames;
    private long explainedBytes;
    private int bad;
    private long previousEnd;

    private Rehearsal() {}

    /** What a decoder made of the bytes. */
    record Outcome(int frames, long explainedBytes, int bad) {}

    /** Empty where the description cannot be loaded: it needs what the language of descriptions does not have. */
    static Optional<Outcome> of(String yaml, List<byte[]> streams) {
        Protocol protocol;
        try {
            protocol = Protocol.parse(yaml, "inferred");
        } catch (DescriptionException e) {
            return Optional.empty();
        }
        Rehearsal rehearsal = new Rehearsal();
        for (byte[] stream : streams) {
            rehearsal.previousEnd = 0;
            try (FrameDecoder decoder = new FrameDecoder(protocol.format())) {
                decoder.decode(Unpooled.wrappedBuffer(stream), rehearsal);
            } catch (LostSynchronisationException e) {
                rehearsal.bad++;
            }
        }
        return Optional.of(new Outcome(rehearsal.frames, rehearsal.explainedBytes, rehearsal.bad));
    }

    @Override
    public void onFrame(FrameView frame) {
        frames++;
        // With the marks in front of it, which begin where the frame before has ended.
        explainedBytes += frame.endOffset() - Math.min(frame.startOffset(), previousEnd);
        previousEnd = frame.endOffset();
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        bad++;
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        previousEnd = toOffset;
    }
}
