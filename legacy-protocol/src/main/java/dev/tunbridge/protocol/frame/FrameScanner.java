package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the places in the middle of a stream where a frame may start: all those that are not certainly dead. The true
 * frame boundaries are always among them, whatever the payloads hold, as long as the sender writes valid frames.
 *
 * <p>The work is linear in the bytes scanned, whatever they are. For one thread; allocates nothing per scan.
 */
public final class FrameScanner implements AutoCloseable {
    /** What {@link #next} answers where no place is left. */
    public static final int NONE = -1;

    private final FrameProbe probe;
    /** Those of frames and of headers, if there are, of each shape; they must be told where a scan begins. */
    private final List<PrefixChecksum> checksums = new ArrayList<>(2);

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    /** Where the next place is tried, or only searched for. */
    private int candidate;

    private boolean isPlace;
    private int found;
    private int limit;
    private long frameBytes;

    public FrameScanner(FrameFormat format) {
        this.probe = format.escape() == Escape.NONE
                ? new FrameProbe(format, algorithm -> prefixes(algorithm, format.maxContentBytes()))
                // Marks keep the frames apart, so that each byte is checked in one candidate only.
                : new FrameProbe(format);
    }

    private Checksum prefixes(ChecksumAlgorithm algorithm, int maxRangeBytes) {
        PrefixChecksum checksum = new PrefixChecksum(algorithm, maxRangeBytes);
        checksums.add(checksum);
        return checksum;
    }

    /**
     * Starts a scan of the bytes from the index to before the limit, which must not change during it. The first place that
     * is tried is {@code from} itself.
     */
    public void begin(ByteBuf buffer, int from, int limit) {
        this.buffer = buffer;
        this.candidate = from;
        this.isPlace = true;
        this.found = from;
        this.limit = limit;
        this.frameBytes = NONE;
        for (int i = 0; i < checksums.size(); i++) {
            checksums.get(i).begin(from);
        }
    }

    /**
     * Goes on where the scan stands, now that more bytes are there. If the place found last was undecided, it is found again.
     *
     * @param limit not below the one before
     */
    public void extend(int limit) {
        if (frameBytes == 0) {
            candidate = found;
            isPlace = true;
        }
        this.limit = limit;
    }

    /**
     * The next index where a frame starts or, for all that can be known yet, may start; {@link #NONE} at the end. It is the
     * place that {@link FrameView#startOffset} tells of the same frame.
     */
    public int next() {
        while (true) {
            // Searched for only now: a place that is undecided may be found again often.
            candidate = isPlace ? candidate : probe.nextStart(buffer, candidate, limit);
            int at = probe.skipFill(buffer, candidate, limit);
            isPlace |= candidate < limit;
            if (at >= limit) {
                return NONE;
            }
            found = at;
            frameBytes = probe.probe(buffer, at, limit);
            candidate = at + 1;
            isPlace = false;
            if (frameBytes >= 0) {
                return at;
            }
        }
    }

    /**
     * Looks again at a place of this scan that was undecided when it was found, less than a maximum frame length ago.
     *
     * @return as {@link FrameProbe#probe(ByteBuf, int, int)}
     */
    public long probe(int index) {
        return probe.probe(buffer, index, limit);
    }

    /**
     * How many of these bytes just in front of the place last found are idle fill, which ends there: a frame that ends within it is
     * followed by what is at the place.
     *
     * @param most it is not looked further back
     */
    public int fillBefore(int most) {
        return probe.fillBefore(buffer, found, most);
    }

    /** The wire bytes of the whole, valid frame at the place last found, or 0 where too few bytes are there to say. */
    public long frameBytes() {
        return frameBytes;
    }

    /**
     * The whole, valid frame at the place last found; reused, and valid until the next place is looked for.
     *
     * @param offset of that place in the stream
     */
    public FrameView frame(long offset) {
        return probe.frame(buffer, offset, frameBytes);
    }

    @Override
    public void close() {
        probe.close();
    }
}
