package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The rule by which a boundary beyond a hole is proven, word by word: every place within a maximum frame length behind the hole may
 * start the true chain, unless a chain of valid frames from there certainly breaks. What every chain that is left passes through, at
 * least a maximum frame length behind the hole, is a boundary.
 */
final class ModelScan implements AutoCloseable {
    private final FrameProbe probe;
    private final int maxFrameBytes;
    private final ByteBuf stream;

    ModelScan(FrameFormat format, byte[] bytes) {
        probe = new FrameProbe(format);
        maxFrameBytes = format.maxFrameBytes();
        stream = Unpooled.wrappedBuffer(bytes);
    }

    /** The boundaries that are proven when the bytes from the origin to the end are there. */
    NavigableSet<Integer> proven(int origin, int end) {
        int windowEnd = origin + maxFrameBytes;
        int[] passing = new int[end - origin + 1];
        boolean[] breaks = breaks(origin, end);
        int alive = 0;
        for (int start = origin; start < windowEnd; start++) {
            if (start > end) {
                return new TreeSet<>(); // nothing is known of this place
            }
            if (breaks[start - origin]) {
                continue;
            }
            alive++;
            int at = start;
            passing[at - origin]++;
            for (long answer = answer(at, end); answer > 0; answer = answer(at, end)) {
                at += (int) answer;
                passing[at - origin]++;
            }
        }
        NavigableSet<Integer> proven = new TreeSet<>();
        for (int at = windowEnd; at <= end; at++) {
            if (alive > 0 && passing[at - origin] == alive) {
                proven.add(at);
            }
        }
        return proven;
    }

    private boolean[] breaks(int origin, int end) {
        boolean[] breaks = new boolean[end - origin + 1];
        for (int at = end - 1; at >= origin; at--) {
            long answer = answer(at, end);
            breaks[at - origin] = answer < 0 || (answer > 0 && breaks[at - origin + (int) answer]);
        }
        return breaks;
    }

    private long answer(int at, int end) {
        return at >= end ? 0 : probe.probe(stream, at, end);
    }

    @Override
    public void close() {
        probe.close();
    }
}
