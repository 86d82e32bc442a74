package dev.tunbridge.bridge.tunnel;

/**
 * How often something may be done because of news: a few times close together, since whoever changes a network changes it in steps, then
 * steadily. A network that flaps for ever costs no more than that. Time is a parameter.
 */
final class Pace {
    private final long spacingNanos;
    private final long steadyNanos;
    private final int burst;

    private boolean hasBegun;
    private long lastNanos;
    /** When all of the burst is there again: each time that it is used puts this off by one steady interval. */
    private long fullNanos;

    /**
     * @param burst times close together, at least 1
     * @param spacingNanos between two of those
     * @param steadyNanos between two for ever, at least the spacing
     */
    Pace(int burst, long spacingNanos, long steadyNanos) {
        this.burst = burst;
        this.spacingNanos = spacingNanos;
        this.steadyNanos = steadyNanos;
    }

    /** How long it must still wait; 0 where it may be done now. */
    long waitNanos(long nowNanos) {
        if (!hasBegun) {
            return 0;
        }
        long sinceLast = nowNanos - lastNanos;
        long untilFull = fullNanos - nowNanos;
        return Math.max(0, Math.max(spacingNanos - sinceLast, untilFull - (burst - 1) * steadyNanos));
    }

    /** It is done now. */
    void did(long nowNanos) {
        long from = hasBegun && fullNanos - nowNanos > 0 ? fullNanos : nowNanos;
        fullNanos = from + steadyNanos;
        lastNanos = nowNanos;
        hasBegun = true;
    }
}
