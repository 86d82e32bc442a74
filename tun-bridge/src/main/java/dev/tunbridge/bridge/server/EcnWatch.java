package dev.tunbridge.bridge.server;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether the path eats packets because they may be marked (ECT, RFC 3168 section 5). Such a path lets everything through but
 * data: Linux marks neither a SYN's successor without data nor what it sends again (RFC 3168 section 6.1.5), so all that
 * arrives has been sent twice. One connection; no clock.
 *
 * <p>Upwards: not one segment arrives but those sent again. What was sent up to a moment, and is acknowledged, is a round;
 * four rounds in a row of which nothing arrived the first time, with eight segments at least, are no accident: after an
 * outage the second passes, and of independent losses eight in a row at 30 % are one in 15,000.
 *
 * <p>Downwards the server alone knows what it has sent again. What is seen here is that 20 segments with data came and none
 * that may be marked, and that in six quarters of a second in which some came it was never more than a hundred: a window that is
 * lost each time stays small. A path
 * that clears the marks and carries little looks the same; there ECN is of no use either.
 */
public final class EcnWatch {
    private static final int ROUNDS = 4;
    private static final int SEGMENTS = 8;
    private static final int UNMARKED_SEGMENTS = 20;

    /** Of a path that is only slow, or of a sender that has little. */
    private static final int HEALTHY_SEGMENTS = 100;

    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** With data in them. A sender that begins slowly over 300 ms would have reached a healthy rate by then. */
    private static final int WINDOWS = 6;

    private boolean isBegun;
    private boolean isOver;

    private long roundEnd;
    private long roundDelivered;
    private long roundRetransmissions;
    private int rounds;
    private long twice;

    private long windowNanos;
    private long windowSegments;
    private int windows;
    private boolean isHealthyDown;

    /** What is wrong, in words with numbers; once for a connection. */
    public Optional<String> sample(ConnectionSample sample) {
        if (isOver || sample.ecn() == ConnectionSample.Ecn.NONE || sample.delivered() < 0) {
            return Optional.empty();
        }
        if (!isBegun) {
            isBegun = true;
            beginRound(sample);
            windowNanos = sample.nowNanos();
            windowSegments = sample.dataSegmentsIn();
            return Optional.empty();
        }
        Optional<String> verdict = up(sample).or(() -> down(sample));
        isOver = verdict.isPresent();
        return verdict;
    }

    private void beginRound(ConnectionSample sample) {
        roundEnd = sample.bytesAcked() + sample.unackedBytes();
        roundDelivered = sample.delivered();
        roundRetransmissions = sample.retransmissions();
    }

    private Optional<String> up(ConnectionSample sample) {
        long arrived = sample.delivered() - roundDelivered;
        if (arrived <= 0 || sample.bytesAcked() < roundEnd) {
            return Optional.empty();
        }
        boolean isTwice = sample.retransmissions() - roundRetransmissions >= arrived;
        rounds = isTwice ? rounds + 1 : 0;
        twice = isTwice ? twice + arrived : 0;
        beginRound(sample);
        return rounds >= ROUNDS && twice >= SEGMENTS
                ? Optional.of(String.format(
                        Locale.ROOT,
                        "packets that may be marked (ECN) do not reach it: the last %d segments had to be sent twice",
                        twice))
                : Optional.empty();
    }

    private Optional<String> down(ConnectionSample sample) {
        if (sample.ecn() == ConnectionSample.Ecn.SEEN
                || isHealthyDown
                || sample.nowNanos() - windowNanos < WINDOW_NANOS) {
            return Optional.empty();
        }
        long came = sample.dataSegmentsIn() - windowSegments;
        windowNanos = sample.nowNanos();
        windowSegments = sample.dataSegmentsIn();
        isHealthyDown = came > HEALTHY_SEGMENTS; // nothing to mend on this connection
        windows += came > 0 ? 1 : 0;
        return !isHealthyDown && windows >= WINDOWS && sample.dataSegmentsIn() >= UNMARKED_SEGMENTS
                ? Optional.of(String.format(
                        Locale.ROOT,
                        "packets that may be marked (ECN) do not come from it: none of %d segments was",
                        sample.dataSegmentsIn()))
                : Optional.empty();
    }
}
