package dev.tunbridge.bridge.tunnel;

import java.util.Random;

/** Waits between tries to connect: doubling, give or take a quarter, so that a fleet does not return in step. */
final class Backoff {
    private final long firstNanos;
    private final long mostNanos;
    private final Random random;
    private long nextNanos;

    Backoff(long firstNanos, long mostNanos, Random random) {
        this.firstNanos = firstNanos;
        this.mostNanos = Math.max(firstNanos, mostNanos);
        this.random = random;
        nextNanos = firstNanos;
    }

    /** How long to wait now; the wait after it will be twice as long. */
    long nextNanos() {
        long wait = nextNanos;
        nextNanos = Math.min(mostNanos, wait * 2);
        return (long) (wait * (0.75 + random.nextDouble() * 0.5));
    }

    /** A session was established: the next loss starts from the first wait again. */
    void reset() {
        nextNanos = firstNanos;
    }
}
