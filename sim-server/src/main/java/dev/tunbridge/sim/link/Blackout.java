package dev.tunbridge.sim.link;

/**
 * Times at which nothing enters the wire.
 *
 * @param atNanos beginning of the first one, from the start of the link
 * @param forNanos how long it lasts; 0 for no blackout
 * @param everyNanos from the beginning of one to that of the next; 0 for once only
 */
public record Blackout(long atNanos, long forNanos, long everyNanos) {

    public static final Blackout NONE = new Blackout(0, 0, 0);

    public Blackout {
        if (atNanos < 0 || forNanos < 0 || everyNanos < 0) {
            throw new IllegalArgumentException("blackout at " + atNanos + " ns for " + forNanos + " ns every "
                    + everyNanos + " ns; allowed: no negative time");
        }
        if (everyNanos > 0 && everyNanos <= forNanos) {
            throw new IllegalArgumentException("blackout of " + forNanos + " ns every " + everyNanos
                    + " ns would never end; allowed: every longer than for");
        }
    }

    boolean covers(long sinceStartNanos) {
        long sinceFirst = sinceStartNanos - atNanos;
        if (sinceFirst < 0 || forNanos == 0) {
            return false;
        }
        return (everyNanos == 0 ? sinceFirst : sinceFirst % everyNanos) < forNanos;
    }
}
