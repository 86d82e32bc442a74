package dev.tunbridge.protocol.inference;

/** Counts steps, so that no input, whoever has chosen it, makes a search longer than this. A step is about a byte that is looked at. */
final class WorkBound {
    /** Some ten seconds of one processor; recordings of every shipped format take less than a quarter of it. */
    static final long MOST_STEPS = 4_000_000_000L;

    private final long most;
    private long used;

    WorkBound(long most) {
        this.most = most;
    }

    /** Says that so many steps are about to be done; false where they must not be. */
    boolean take(long steps) {
        if (used > most - steps) {
            used = most;
            return false;
        }
        used += steps;
        return true;
    }

    boolean isSpent() {
        return used >= most;
    }

    long used() {
        return used;
    }
}
