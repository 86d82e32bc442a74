package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.protocol.frame.FrameView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds frames between the marks of SML, one behind the other; the check in each closing mark says enough. */
final class SmlSearch {
    static final String ESCAPE = "sml";

    private static final byte[] START = {0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1};
    private static final int LEAST_FRAMES = 3;
    private static final int LONGEST_FRAME_BYTES = 1 << 17;
    /** What looks like a start, in front of the first frame. */
    private static final int MOST_FALSE_STARTS = 64;
    /** A frame in 2^16 is right by chance. */
    private static final double BITS_OF_CHECK = 16;

    private final ByteBuf bytes;
    private final WorkBound work;
    private final ByteArrayOutputStream contents = new ByteArrayOutputStream();
    private final List<Integer> ends = new ArrayList<>();
    private final Set<Integer> unlike = new HashSet<>();

    private SmlSearch(byte[] bytes, WorkBound work) {
        this.bytes = Unpooled.wrappedBuffer(bytes);
        this.work = work;
    }

    static Optional<DelimiterSearch.Found> of(byte[] bytes, WorkBound work) {
        FrameFormat format = FrameFormat.parse(
                "name: sml\nframe:\n  payload: {at: 0, max: " + LONGEST_FRAME_BYTES / 2 + "}\n  escape: " + ESCAPE
                        + "\ntypes: {message: 0}\n",
                "inferred");
        try (FrameProbe probe = new FrameProbe(format)) {
            return new SmlSearch(bytes, work).find(probe);
        }
    }

    private Optional<DelimiterSearch.Found> find(FrameProbe probe) {
        int end = bytes.writerIndex();
        int at = nextStart(0);
        for (int falseStarts = 0; at < end && falseStarts < MOST_FALSE_STARTS; ) {
            int limit = Math.min(end, at + LONGEST_FRAME_BYTES);
            if (!work.take(limit - at)) {
                return Optional.empty();
            }
            long answer = probe.probe(bytes, at, limit);
            if (answer > 0) {
                keep(probe.frame(bytes, at, answer));
                at += (int) answer;
            } else if (ends.isEmpty()) {
                falseStarts++;
                at = nextStart(at + 1);
            } else if (answer < 0) {
                return Optional.empty(); // a byte is wrong
            } else {
                break; // cut by the end
            }
        }
        if (ends.size() < LEAST_FRAMES) {
            return Optional.empty();
        }
        double bits = BITS_OF_CHECK * (unlike.size() - 1) - ChanceOdds.BITS_OF_SEARCH;
        return Optional.of(
                new DelimiterSearch.Found(ESCAPE, DelimiterSearch.cut(contents.toByteArray(), ends), false, bits));
    }

    private int nextStart(int from) {
        int found = from < bytes.writerIndex()
                ? ByteBufUtil.indexOf(Unpooled.wrappedBuffer(START), bytes.slice(from, bytes.writerIndex() - from))
                : -1;
        return found < 0 ? bytes.writerIndex() : from + found;
    }

    private void keep(FrameView frame) {
        if (frame.payloadLength() > 0 && ends.size() < FrameStart.MOST_FRAMES) {
            byte[] content = ByteBufUtil.getBytes(frame.buffer(), frame.payloadIndex(), frame.payloadLength());
            contents.write(content, 0, content.length);
            ends.add(contents.size());
            unlike.add(Arrays.hashCode(content));
        }
    }
}
