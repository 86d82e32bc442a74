package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/** Where a format sees frames, and of which types. */
final class Boundaries implements FrameHandler {
    private final List<String> seen = new ArrayList<>();

    private Boundaries() {}

    static List<String> of(FrameFormat format, byte[] stream) {
        Boundaries boundaries = new Boundaries();
        try (FrameDecoder decoder = new FrameDecoder(format)) {
            decoder.decode(Unpooled.wrappedBuffer(stream), boundaries);
        } catch (LostSynchronisationException e) {
            boundaries.seen.add("lost at " + e.offset());
        }
        return boundaries.seen;
    }

    @Override
    public void onFrame(FrameView frame) {
        seen.add(frame.startOffset() + ".." + frame.endOffset() + " type " + frame.type());
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        seen.add("bad " + reason + " at " + offset);
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        seen.add("skipped " + fromOffset + ".." + toOffset);
    }
}
