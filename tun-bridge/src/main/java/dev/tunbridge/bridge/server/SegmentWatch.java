package dev.tunbridge.bridge.server;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * Whether the path eats segments for their length: a link with a smaller MTU whose ICMP messages are lost on their way (RFC
 * 2923 section 2.1). The connection is made, and stands with the first long segment. One connection; no clock.
 *
 * <p>That short ones still pass is what tells it from an outage, and where nothing is said by itself the server's kernel is
 * asked: see {@link Advice#ASK}. Upwards an answer must have come, and then two timeouts: what was sent again after it had
 * its time. Downwards the server's sequence numbers must be ahead of what has come, or segments must have come behind a hole, while
 * three answers came in two seconds. Where long segments had passed before, on a path that loses at random, all of it takes
 * three times as much.
 */
public final class SegmentWatch {
    /** What is to be done. */
    public enum Advice {
        /** Nothing. */
        NOTHING,
        /** Ask the server's kernel for a bare acknowledgement, and go on sampling. */
        ASK,
        /** Shorter segments, by a new connection: ours do not get there. */
        SHORTEN_UP,
        /** Shorter segments, by a new connection: the server's do not come. */
        SHORTEN_DOWN
    }

    private static final int TIMEOUTS = 3;
    private static final int TIMEOUTS_AFTER_ANSWER = 2;
    private static final int ANSWERS = 3;
    private static final int PATIENCE = 3;

    /** TCP timestamps, which all but the oldest have in each segment; a limit counts them, the kernel's figures do not. */
    static final int OPTION_BYTES = 12;

    /** Linux answers what is out of its window twice a second at most (tcp_invalid_ratelimit). */
    private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(550);

    /** Silence after which it is asked once whether something is under way. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long STANDS_NANOS = TimeUnit.SECONDS.toNanos(2);

    /**
     * After an outage the server's kernel tries again when as long again has passed, and a timeout (RFC 6298 section 5.5):
     * until then answers come and nothing else, on the best of paths.
     */
    private static final long BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final int addressBytes;
    private final int limitBytes;

    private boolean isBegun;
    private boolean isOver;
    private boolean hasAsked;
    private boolean isAsked;
    private long askedNanos;
    private long askedSegmentsIn;

    private long acked;
    private long delivered;
    private boolean hadLongUp;
    private boolean isAnsweredUp;
    private long answeredTimeouts;

    private long received;
    private long receivedNanos;
    private long receivedOutOfOrder;
    private int answersDown;
    private long firstAnswerNanos;
    private boolean hasAskedInSilence;

    /**
     * @param addressBytes of the server's address, 4 or 16
     * @param limitBytes of a segment with its options, which was set before; {@link Integer#MAX_VALUE} for none
     */
    public SegmentWatch(int addressBytes, int limitBytes) {
        this.addressBytes = addressBytes;
        this.limitBytes = limitBytes;
    }

    /** What follows from this; to be sampled ten times a second or more while data is under way. */
    public Advice sample(ConnectionSample sample) {
        if (isOver || sample.segmentsIn() < 0) {
            return Advice.NOTHING;
        }
        if (!isBegun) {
            isBegun = true;
            progressUp(sample);
            progressDown(sample);
            return Advice.NOTHING;
        }
        if (sample.bytesAcked() != acked) {
            progressUp(sample);
        }
        if (sample.bytesReceived() != received) {
            progressDown(sample);
        }
        boolean isAnswer = isAsked && sample.segmentsIn() > askedSegmentsIn;
        if (isAnswer) {
            isAsked = false;
        }
        Advice up = up(sample, isAnswer);
        Advice down = down(sample, isAnswer);
        Advice advice = up == Advice.NOTHING || up == Advice.ASK && down == Advice.SHORTEN_DOWN ? down : up;
        if (advice == Advice.ASK) {
            return ask(sample);
        }
        isOver = advice != Advice.NOTHING;
        return advice;
    }

    private void progressUp(ConnectionSample sample) {
        long segments = sample.delivered() - delivered;
        OptionalInt shorter = shorter(sample.sendMss());
        hadLongUp |= delivered > 0
                && segments > 0
                && shorter.isPresent()
                && (sample.bytesAcked() - acked) / segments > shorter.getAsInt() - OPTION_BYTES;
        delivered = sample.delivered();
        acked = sample.bytesAcked();
        isAnsweredUp = false;
    }

    private void progressDown(ConnectionSample sample) {
        received = sample.bytesReceived();
        receivedNanos = sample.nowNanos();
        receivedOutOfOrder = sample.outOfOrderIn();
        answersDown = 0;
        hasAskedInSilence = false;
    }

    private Advice ask(ConnectionSample sample) {
        if (hasAsked && sample.nowNanos() - askedNanos < ASK_NANOS) {
            return Advice.NOTHING;
        }
        hasAsked = true;
        isAsked = true;
        askedNanos = sample.nowNanos();
        askedSegmentsIn = sample.segmentsIn();
        return Advice.ASK;
    }

    private Advice up(ConnectionSample sample, boolean isAnswer) {
        OptionalInt shorter = shorter(sample.sendMss());
        // How long each segment is nobody knows; none can be longer than all of them.
        boolean mayBeLong = shorter.isPresent()
                && sample.unackedSegments() > 0
                && sample.unackedBytes() > shorter.getAsInt() - OPTION_BYTES;
        if (!mayBeLong || sample.timeouts() < 1) {
            return Advice.NOTHING;
        }
        if (isAnswer && !isAnsweredUp) {
            isAnsweredUp = true;
            answeredTimeouts = sample.timeouts();
        }
        boolean isLostSince = isAnsweredUp && sample.timeouts() >= answeredTimeouts + TIMEOUTS_AFTER_ANSWER;
        if (isLostSince && sample.timeouts() >= (hadLongUp ? PATIENCE - 1 : 1) * TIMEOUTS) {
            return Advice.SHORTEN_UP;
        }
        return isAnsweredUp ? Advice.NOTHING : Advice.ASK;
    }

    private Advice down(ConnectionSample sample, boolean isAnswer) {
        OptionalInt shorter = shorter(sample.advertisedMss());
        if (shorter.isEmpty()) {
            return Advice.NOTHING;
        }
        boolean hadLong = sample.receiveMss() > shorter.getAsInt() - OPTION_BYTES;
        long silentNanos = sample.nowNanos() - receivedNanos;
        boolean isMissing = sample.serverAheadBytes() > 0 || sample.outOfOrderIn() > receivedOutOfOrder;
        if (!isMissing) {
            boolean isDue = !hadLong && !hasAskedInSilence && silentNanos >= SILENCE_NANOS;
            hasAskedInSilence |= isDue;
            return isDue ? Advice.ASK : Advice.NOTHING;
        }
        if (isAnswer) {
            if (answersDown == 0) {
                firstAnswerNanos = sample.nowNanos();
            }
            answersDown++;
        }
        int patience = hadLong ? PATIENCE : 1;
        if (silentNanos >= patience * STANDS_NANOS
                && answersDown >= patience * ANSWERS
                && sample.nowNanos() - firstAnswerNanos >= firstAnswerNanos - receivedNanos + BACKOFF_NANOS) {
            return Advice.SHORTEN_DOWN;
        }
        return Advice.ASK;
    }

    /** The next step below a full segment without its options. */
    private OptionalInt shorter(int mss) {
        return SegmentSteps.below(Math.min(limitBytes, mss + OPTION_BYTES), addressBytes);
    }

    /** The limit to set where segments are to be shorter; nothing where there is no shorter one. */
    public OptionalInt limit(Advice advice, ConnectionSample sample) {
        return switch (advice) {
            case SHORTEN_UP -> shorter(sample.sendMss());
            case SHORTEN_DOWN -> shorter(sample.advertisedMss());
            case NOTHING, ASK -> OptionalInt.empty();
        };
    }

    /** What is wrong, in words with numbers. */
    public static String words(Advice advice, ConnectionSample sample, int limit) {
        String what = advice == Advice.SHORTEN_UP
                ? String.format(Locale.ROOT, "segments of %d bytes do not reach it", sample.sendMss())
                : String.format(Locale.ROOT, "segments of more than %d bytes do not come from it", sample.receiveMss());
        return what + ", though shorter ones do; sending and asking for " + limit + " at most";
    }
}
