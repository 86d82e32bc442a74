package dev.tunbridge.bridge.simulation;

import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's TCP, as far as the receiving end can tell: SACK scoreboard, loss detection by time (RACK, RFC 8985) and by three
 * duplicates, retransmission timeout with backoff (RFC 6298), NewReno without SACK, slow start and congestion avoidance, the
 * receiver's window with a persist timer, and retransmissions that may be cut otherwise than what they replace.
 */
final class ModelTcpSender {
    private static final long MIN_RTO_NANOS = 200 * MILLISECOND;
    /** Linux goes on to two minutes; then nothing more would happen in a run. */
    private static final long MAX_RTO_NANOS = 3_000 * MILLISECOND;

    private static final int DUPLICATE_THRESHOLD = 3;

    private final VirtualTime time;
    private final Dice dice;
    private final Scenario.Sender traits;
    private final boolean selective;
    private final SentStream stream;
    private final SegmentMaker segments;
    private final Consumer<WireSegment> wire;
    private final Scoreboard board = new Scoreboard();

    private int mss;
    private long nextOffset;
    private long acknowledgedOffset;
    private long windowEnd;
    private double congestionWindow;
    private double slowStartThreshold = Double.MAX_VALUE;
    private long recoveryPoint = -1;
    private int duplicates;
    private long newestDeliveredNanos = Long.MIN_VALUE;
    private long smoothedNanos;
    private long deviationNanos;
    private int backoff;
    private long retransmissions;
    private VirtualTime.@Nullable Event timer;

    /** Makes the segment of a range of the stream, with the acknowledgement and timestamps of now. */
    interface SegmentMaker {
        WireSegment make(long offset, int length, boolean push);
    }

    ModelTcpSender(
            VirtualTime time,
            Dice dice,
            Scenario scenario,
            int payloadBytes,
            SentStream stream,
            SegmentMaker segments,
            Consumer<WireSegment> wire) {
        this.time = time;
        this.dice = dice;
        this.traits = scenario.sender();
        this.selective = scenario.outer().selectiveAcknowledgement();
        this.mss = payloadBytes;
        this.stream = stream;
        this.segments = segments;
        this.wire = wire;
        windowEnd = scenario.receiver().bufferBytes();
        congestionWindow = (double) traits.initialWindowSegments() * mss;
    }

    /** The stream has grown. */
    void written() {
        send();
    }

    boolean isAllAcknowledged() {
        return acknowledgedOffset == stream.length();
    }

    long acknowledgedOffset() {
        return acknowledgedOffset;
    }

    /** What waits in the send buffer. */
    long unsentBytes() {
        return stream.length() - nextOffset;
    }

    long retransmissions() {
        return retransmissions;
    }

    /** The path takes less from now on. */
    void shrinkMss(int payloadBytes) {
        mss = Math.min(mss, payloadBytes);
    }

    /** Sends an acknowledgement alone. */
    void acknowledge() {
        wire.accept(segments.make(nextOffset, 0, false));
    }

    void received(Acknowledgement ack) {
        windowEnd = Math.max(windowEnd, ack.windowEnd());
        long delivered =
                board.acknowledge(ack.offset(), selective ? ack.selective() : java.util.List.of(), this::onDelivered);
        if (ack.offset() > acknowledgedOffset) {
            acknowledgedOffset = ack.offset();
            backoff = 0;
            duplicates = 0;
            onProgress(delivered);
            restartTimer();
        } else if (!board.isEmpty()) {
            duplicates++;
        }
        detectLosses();
        send();
    }

    private void onDelivered(Scoreboard.Sent sent) {
        if (!sent.retransmitted) {
            measure(time.nowNanos() - sent.sentNanos);
        }
        newestDeliveredNanos = Math.max(newestDeliveredNanos, sent.sentNanos);
    }

    private void measure(long roundTripNanos) {
        if (smoothedNanos == 0) {
            smoothedNanos = roundTripNanos;
            deviationNanos = roundTripNanos / 2;
        } else {
            deviationNanos += (Math.abs(roundTripNanos - smoothedNanos) - deviationNanos) / 4;
            smoothedNanos += (roundTripNanos - smoothedNanos) / 8;
        }
    }

    private void onProgress(long deliveredBytes) {
        if (recoveryPoint >= 0 && acknowledgedOffset < recoveryPoint) {
            if (!selective) {
                board.loseFirst(); // a partial acknowledgement (RFC 6582)
            }
            return;
        }
        recoveryPoint = -1;
        if (traits.grows()) {
            congestionWindow += congestionWindow < slowStartThreshold
                    ? deliveredBytes
                    : (double) mss * deliveredBytes / congestionWindow;
        }
    }

    private void detectLosses() {
        boolean lost;
        if (selective) {
            long window = Math.max(MILLISECOND, smoothedNanos / 4);
            lost = newestDeliveredNanos != Long.MIN_VALUE
                    && board.loseSentBefore(newestDeliveredNanos - window, DUPLICATE_THRESHOLD);
        } else {
            lost = duplicates == DUPLICATE_THRESHOLD && recoveryPoint < 0 && board.loseFirst();
        }
        if (lost && recoveryPoint < 0) {
            recoveryPoint = nextOffset;
            slowStartThreshold = Math.max(0.7 * congestionWindow, floor());
            congestionWindow = slowStartThreshold;
        }
    }

    private double floor() {
        return (double) traits.minWindowSegments() * mss;
    }

    private void send() {
        while (board.inFlightBytes() < congestionWindow) {
            Scoreboard.Sent lost = board.firstLost();
            if (lost != null) {
                retransmit(lost);
            } else if (!sendNew()) {
                break;
            }
        }
        if (timer == null && (!board.isEmpty() || unsentBytes() > 0)) {
            restartTimer();
        }
    }

    private boolean sendNew() {
        long length = Math.min(mss, Math.min(stream.length(), windowEnd) - nextOffset);
        if (length <= 0) {
            return false;
        }
        board.add(nextOffset, nextOffset + length, time.nowNanos());
        nextOffset += length;
        wire.accept(segments.make(nextOffset - length, (int) length, nextOffset == stream.length()));
        return true;
    }

    private void retransmit(Scoreboard.Sent lost) {
        retransmissions++;
        int most = mss;
        boolean recut = dice.chance(traits.resegments());
        if (recut && dice.chance(0.5)) {
            most = dice.between(1, mss);
        } else if (recut) {
            board.mergeLost(lost, mss);
        }
        board.split(lost, most);
        board.resent(lost, time.nowNanos());
        long start = lost.start;
        long end = lost.end;
        if (recut && dice.chance(0.3)) {
            // Some of what surrounds it comes again too (RFC 9293 section 3.7.1 allows any cut).
            start -= Math.min(dice.below(40), Math.min(start, mss - (end - start)));
            end += Math.min(dice.below(40), Math.min(nextOffset - end, mss - (end - start)));
        }
        wire.accept(segments.make(start, (int) (end - start), end == stream.length()));
    }

    private void restartTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (!board.isEmpty() || unsentBytes() > 0) {
            long timeout = smoothedNanos == 0
                    ? 1_000 * MILLISECOND
                    : Math.max(MIN_RTO_NANOS, smoothedNanos + 4 * deviationNanos);
            timer = time.after(Math.min(MAX_RTO_NANOS, timeout << Math.min(backoff, 6)), this::onTimeout);
        }
    }

    private void onTimeout() {
        timer = null;
        backoff++;
        if (board.isEmpty()) {
            // The window is shut: ask whether it still is, with an old number, as Linux does.
            wire.accept(segments.make(Math.max(0, acknowledgedOffset - 1), 0, false));
        } else {
            board.loseAll();
            slowStartThreshold = Math.max(0.5 * congestionWindow, floor());
            congestionWindow = floor();
            recoveryPoint = nextOffset;
            duplicates = 0;
        }
        send();
        if (timer == null) {
            restartTimer();
        }
    }
}
