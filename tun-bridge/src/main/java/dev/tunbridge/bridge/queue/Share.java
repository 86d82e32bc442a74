package dev.tunbridge.bridge.queue;

/**
 * First and second: the first goes before the second, but of the bytes that leave while both wait it takes no more than {@code
 * ratio} for each one of the second, and a burst.
 */
final class Share {
    private final int ratio;
    private final int burstBytes;
    private int credit;

    Share(int ratio, int burstBytes) {
        this.ratio = ratio;
        this.burstBytes = burstBytes;
        credit = burstBytes;
    }

    /** Whether the first still has a right to go first. */
    boolean isFirstDue() {
        return credit > 0;
    }

    /** The first has sent so much; nobody is short of anything unless the second waits. */
    void tookFirst(int bytes, int secondWaiting) {
        credit = secondWaiting > 0 ? credit - bytes : burstBytes;
    }

    void tookSecond(int bytes) {
        credit = (int) Math.min(burstBytes, credit + (long) ratio * bytes);
    }
}
