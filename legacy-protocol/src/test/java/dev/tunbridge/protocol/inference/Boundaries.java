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
import java.util.Set;
import java.util.stream.Collectors;

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

    /** The bytes that frames begin with, by which shapes are told apart. */
    static Set<Integer> firstBytes(FrameFormat format, byte[] stream) {
        return of(format, stream).stream()
                .filter(line -> Character.isDigit(line.charAt(0)))
                .map(line -> stream[Integer.parseInt(line.substring(0, line.indexOf("..")))] & 0xff)
                .collect(Collectors.toSet());
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
