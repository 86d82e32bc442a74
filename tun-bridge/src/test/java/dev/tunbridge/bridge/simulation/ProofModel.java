package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which frame boundaries beyond a hole are proven, worked out slowly: by following the true frames as far as their headers are
 * known, and by looking at every single start.
 */
final class ProofModel implements AutoCloseable {
    private static final long NONE = Long.MAX_VALUE;
    /** As many scans go on at the same time. */
    private static final int MOST_SCANS = 32;

    private static final int UNDECIDED = 0;
    private static final int NOT_PROBED = Integer.MIN_VALUE;

    private final FrameFormat format;
    private final SentStream stream;
    private final FrameProbe probe;
    private final int maxFrameBytes;
    private final boolean lengthIsAhead;
    /** What delimits frames, or −1. */
    private final int delimiter;
    /** Verdicts that more bytes cannot change: the length of a frame, or below 0. */
    private int[] verdicts = new int[0];
    /** By start of a held range: its end when it was scanned, and the first boundary then proven. */
    private final Map<Long, long[]> scans = new HashMap<>();

    ProofModel(FrameFormat format, SentStream stream) {
        this.format = format;
        this.stream = stream;
        probe = new FrameProbe(format);
        maxFrameBytes = format.maxFrameBytes();
        lengthIsAhead = format.escape() == Escape.NONE && format.length().isPresent();
        delimiter = switch (format.escape()) {
            case HDLC -> 0x7e;
            case SLIP -> 0xc0;
            case COBS -> 0x00;
            case END -> format.end().orElseThrow();
            case NONE, DLE, SML -> -1;
        };
    }

    /**
     * Whether it follows from what is held, and from what the kernel lane has read, that a frame starts where this one does.
     *
     * @param from where the frame starts that the kernel lane has begun to read
     * @param position up to where the kernel lane has read
     */
    boolean isProven(SentFrame frame, HeldModel lane, long from, long position) {
        int index = frame.index;
        // Back along the frames whose length is known, to where the kernel lane is, or to what a scan has proven.
        while (true) {
            SentFrame at = stream.frame(index);
            if (at.end <= from || (at.start <= from && from <= at.contentStart)) {
                return true;
            }
            if (scanProves(at, lane)) {
                return true;
            }
            if (index == 0
                    || !showsItsEnd(stream.frame(index - 1), lane.held(), from, position)
                    || !isFillKnown(stream.frame(index - 1).end, at.start, lane.held(), position)) {
                return false;
            }
            index--;
        }
    }

    /** A flag that closes one frame may be followed by another that opens the next: which, only those bytes tell. */
    private static boolean isFillKnown(long from, long to, ByteRanges held, long position) {
        return from == to || to <= position || held.contains(from, to);
    }

    private boolean showsItsEnd(SentFrame frame, ByteRanges held, long from, long position) {
        if (held.contains(frame.contentStart, frame.end)) {
            return true;
        }
        if (!lengthIsAhead) {
            return false;
        }
        long headEnd = frame.start + lengthEnd((int) frame.start);
        return (frame.start >= from && headEnd <= position) || held.contains(frame.start, headEnd);
    }

    /** The bytes of the frame at the index that tell its length: all of the header, or as many as a length that grows takes. */
    private int lengthEnd(int index) {
        int bytes = format.payloadAt();
        while (bytes < maxFrameBytes && probe.claimedBytes(stream.buffer(), index, index + bytes) == 0) {
            bytes++;
        }
        return bytes;
    }

    private boolean scanProves(SentFrame frame, HeldModel lane) {
        ByteRanges held = lane.held();
        if (!format.canResynchronise() || held.size() > MOST_SCANS) {
            return false;
        }
        for (int i = 0; i < held.size(); i++) {
            if (held.start(i) <= frame.contentStart && frame.contentStart <= held.end(i)) {
                return !lane.mayHaveGrownLeft(held.start(i))
                        && frame.contentStart >= provenFrom(held.start(i), held.end(i));
            }
        }
        return false;
    }

    private long provenFrom(long start, long end) {
        if (end - start < maxFrameBytes) {
            return NONE;
        }
        long[] before = scans.get(start);
        if (before != null && (before[0] == end || before[1] != NONE)) {
            return before[1];
        }
        long proven = scan((int) start, (int) end);
        scans.put(start, new long[] {end, proven});
        return proven;
    }

    /** Takes every start within a maximum frame's length, and asks from where on all that are not dead go the same way. */
    private long scan(int start, int end) {
        List<Integer> way = new ArrayList<>();
        int together = start + maxFrameBytes;
        for (int at = start; at < start + maxFrameBytes; at++) {
            if (!mayStartAt(at, start) || (delimiter < 0 && verdict(at, end) < 0)) {
                continue;
            }
            List<Integer> chain = follow(at, end, way);
            if (way.isEmpty()) {
                way = chain;
            } else if (!chain.isEmpty()) {
                int meeting = chain.get(chain.size() - 1);
                if (!way.contains(meeting)) {
                    return NONE;
                }
                together = Math.max(together, meeting);
            }
        }
        for (int boundary : way) {
            if (boundary >= together) {
                return boundary;
            }
        }
        return NONE;
    }

    private boolean mayStartAt(int at, int start) {
        return delimiter < 0
                || at == start
                || (stream.buffer().getUnsignedByte(at - 1) == delimiter
                        && stream.buffer().getUnsignedByte(at) != delimiter);
    }

    /**
     * The boundaries that follow one after another from this start, until one is reached that lies on the way already or that nothing
     * is known of; none if the chain breaks.
     */
    private List<Integer> follow(int start, int end, List<Integer> way) {
        List<Integer> boundaries = new ArrayList<>();
        int at = skipDelimiters(start, end);
        while (true) {
            boundaries.add(at);
            if (at >= end || way.contains(at)) {
                return boundaries;
            }
            int verdict = verdict(at, end);
            if (verdict <= UNDECIDED) {
                return verdict == UNDECIDED ? boundaries : List.of();
            }
            at = skipDelimiters(at + verdict, end);
        }
    }

    private int skipDelimiters(int from, int end) {
        int at = from;
        while (at < end && stream.buffer().getUnsignedByte(at) == delimiter) {
            at++;
        }
        return at;
    }

    /** The length of the frame at the index, {@link #UNDECIDED}, or below 0 where none can start. */
    private int verdict(int at, int end) {
        if (end - at <= maxFrameBytes) {
            return (int) Math.max(-1, probe.probe(stream.buffer(), at, end));
        }
        if (at >= verdicts.length) {
            int known = verdicts.length;
            verdicts = Arrays.copyOf(verdicts, Math.max(2 * known, at + 8_192));
            Arrays.fill(verdicts, known, verdicts.length, NOT_PROBED);
        }
        if (verdicts[at] == NOT_PROBED) {
            verdicts[at] = (int) Math.max(-1, probe.probe(stream.buffer(), at, end));
        }
        return verdicts[at];
    }

    @Override
    public void close() {
        probe.close();
    }
}
