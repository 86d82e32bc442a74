package dev.tunbridge.bridge.replay;

import com.google.common.collect.Range;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The holes of a stream: a hole opens when a segment arrives beyond the highest byte so far, and closes with the
 * arrival of its last missing byte.
 */
final class HoleLog {
    /** As many as a window of 64 MiB has segments; more are counted, but not timed. */
    private static final int MOST_OPEN = 65_536;

    private final Deque<Hole> open = new ArrayDeque<>();
    private final TreeRangeSet<Long> beyond = TreeRangeSet.create();
    private final Durations durations = new Durations();
    private long highest;
    private long count;
    private long bytes;
    private long largest;
    private long untimed;

    private record Hole(long start, long end, long openedNanos) {}

    /** Bytes have arrived, in order or not. */
    void arrived(long start, long end, long nowNanos) {
        if (start > highest) {
            count++;
            bytes += start - highest;
            largest = Math.max(largest, start - highest);
            if (open.size() < MOST_OPEN) {
                open.addLast(new Hole(highest, start, nowNanos));
            } else {
                untimed++;
            }
        }
        highest = Math.max(highest, end);
        if (!open.isEmpty()) {
            beyond.add(Range.closedOpen(start, end));
            close(start, end, nowNanos);
        }
    }

    private void close(long start, long end, long nowNanos) {
        for (Iterator<Hole> holes = open.iterator(); holes.hasNext(); ) {
            Hole hole = holes.next();
            if (hole.start() >= end) {
                break;
            }
            if (hole.end() > start && beyond.encloses(Range.closedOpen(hole.start(), hole.end()))) {
                holes.remove();
                durations.add(nowNanos - hole.openedNanos());
            }
        }
        if (open.isEmpty()) {
            beyond.clear();
        } else {
            beyond.remove(Range.lessThan(open.getFirst().start()));
        }
    }

    /** The capture lacks these bytes, and the receiver has them: how long they were missing there nobody knows. */
    void passedOver(long end) {
        highest = Math.max(highest, end);
        while (!open.isEmpty() && open.getFirst().start() < end) {
            open.removeFirst();
            untimed++;
        }
        if (open.isEmpty()) {
            beyond.clear();
        }
    }

    HoleReport report() {
        return new HoleReport(count, bytes, largest, open.size(), untimed, durations.report());
    }
}
