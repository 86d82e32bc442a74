package dev.tunbridge.bridge.tunnel;

import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Waits between tries to connect: doubling, give or take a quarter, so that a fleet does not return in step; never longer
 * than the most. A session starts them anew only where it has lasted: a server that welcomes and closes at once would
 * otherwise be called once a second for ever.
 */
final class Backoff {
    /**
     * A server that ends each session after this long is called six times a minute, which costs nobody anything; a
     * mobile link that breaks twice a minute must not be left waiting for two.
     */
    static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final double LEAST_SHARE = 0.75;
    private static final double MOST_SHARE = 1.25;

    private final long firstNanos;
    private final long mostNanos;
    private final Random random;
    private long nextNanos;

    /** @param firstNanos where it is more than the most, the most counts */
    Backoff(long firstNanos, long mostNanos, Random random) {
        this.firstNanos = Math.min(firstNanos, mostNanos);
        this.mostNanos = mostNanos;
        this.random = random;
        nextNanos = this.firstNanos;
    }

    /** How long to wait now; the wait after it will be twice as long. */
    long nextNanos() {
        long wait = nextNanos;
        nextNanos = Math.min(mostNanos, wait * 2);
        double least = wait * LEAST_SHARE;
        double most = Math.min(wait * MOST_SHARE, (double) mostNanos);
        return (long) (least + random.nextDouble() * (most - least));
    }

    /** A session has ended that was established for so long. */
    void sessionEnded(long lastedNanos) {
        if (lastedNanos >= LASTING_NANOS) {
            reset();
        }
    }

    /** Something new is known, so that what failed before says nothing any more. */
    void reset() {
        nextNanos = firstNanos;
    }
}
