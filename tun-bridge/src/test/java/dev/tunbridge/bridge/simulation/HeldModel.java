package dev.tunbridge.bridge.simulation;

import dev.tunbridge.reassembly.wire.SequenceNumber;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which bytes the raw lane has to hold, at least: those of segments that break no rule at all and came beyond a hole. Where a rule
 * leaves room, a segment may be held but need not be, and is then not counted.
 */
final class HeldModel {
    private final Scenario scenario;
    /** What has to be held. */
    private final ByteRanges held = new ByteRanges();
    /** What may have been seen, so that what follows it may have seemed to come in order. */
    private final ByteRanges seen = new ByteRanges();
    /** Timestamps of what lies beyond the kernel lane. */
    private final List<WireSegment> ahead = new ArrayList<>();
    /** Ends of the segments that may be remembered. */
    private final Deque<Long> remembered = new ArrayDeque<>();
    /** Starts of seen ranges that had been long before they began there. */
    private final Set<Long> grownLeft = new HashSet<>();

    private final int maxFrameBytes;

    private long position;
    private int newestTimestamp;
    private int newestEcho;
    private long highest;
    /** Nothing is demanded below it. */
    private long amnestyEnd;
    /** Below it something may have been refused that the kernel took; what comes in its place may differ, and is not held. */
    private long disputedEnd;

    HeldModel(Scenario scenario, int timestamp, int echo) {
        this.scenario = scenario;
        this.newestTimestamp = timestamp;
        this.newestEcho = echo;
        maxFrameBytes = scenario.format().maxFrameBytes();
    }

    ByteRanges held() {
        return held;
    }

    /** Whether the kernel lane stands at a hole, as far as the capture can know. */
    boolean isAtHole() {
        return position >= amnestyEnd && seen.contiguousEnd(position) == position && !held.isEmpty();
    }

    /** How much the raw lane may have to remember at most. */
    long reach() {
        return Math.max(0, highest - position);
    }

    /** How many segments the raw lane may remember at most. */
    int segments() {
        return remembered.size();
    }

    /** The raw lane has forgotten everything. */
    void forget() {
        held.clear();
        amnestyEnd = Math.max(amnestyEnd, highest);
    }

    /** The raw lane was given this segment, whole, while the kernel had this much of its window open. */
    void captured(WireSegment segment, long windowBytes) {
        if (segment.corrupt() || segment.end() < position) {
            return;
        }
        boolean isRecent = !scenario.outer().timestamps()
                || (SequenceNumber.isAtOrAfter(segment.timestamp(), newestTimestamp)
                        && SequenceNumber.isAtOrAfter(segment.echo(), newestEcho));
        if (segment.offset() <= position) {
            learn(segment);
        } else {
            ahead.add(segment);
        }
        if (segment.end() == position) {
            return;
        }
        boolean isBeyondHole = segment.offset() > seen.contiguousEnd(position);
        long most = Math.min(windowBytes, scenario.recovery().heldBytes());
        see(Math.max(position, segment.offset()), segment.end());
        highest = Math.max(highest, segment.end());
        remembered.removeIf(end -> end <= position);
        remembered.add(segment.end());
        boolean isAccepted = isRecent && segment.end() - position <= most && position >= amnestyEnd;
        if (!isAccepted) {
            disputedEnd = Math.max(disputedEnd, segment.end());
        } else if (isBeyondHole && segment.offset() >= disputedEnd) {
            held.add(segment.offset(), segment.end());
        }
    }

    private void see(long start, long end) {
        for (int i = 0; i < seen.size(); i++) {
            boolean growsLeft = start < seen.start(i) && seen.start(i) <= end;
            if (growsLeft && (seen.end(i) - seen.start(i) >= maxFrameBytes || grownLeft.contains(seen.start(i)))) {
                grownLeft.add(seen.contiguousStart(start));
            }
        }
        seen.add(start, end);
    }

    /**
     * Whether bytes may have come in front of these when a scan of them may have begun. It goes on where it was, which proves what it
     * proves later than a new one would, but reads no byte twice.
     */
    boolean mayHaveGrownLeft(long start) {
        return grownLeft.contains(start) || seen.contiguousStart(start) != start;
    }

    /** The kernel lane has read up to here. */
    void kernelAt(long offset) {
        position = offset;
        seen.removeBelow(offset);
        held.removeBelow(offset);
        ahead.removeIf(segment -> {
            boolean isReached = segment.offset() <= offset;
            if (isReached) {
                learn(segment);
            }
            return isReached;
        });
    }

    private void learn(WireSegment segment) {
        newestTimestamp = SequenceNumber.max(newestTimestamp, segment.timestamp());
        newestEcho = SequenceNumber.max(newestEcho, segment.echo());
    }
}
