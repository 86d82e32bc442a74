package dev.tunbridge.bridge.relay;

/**
 * What the server may send on one channel, in bytes.
 *
 * <pre>
 *   0 ──── taken ──── received ──── granted ────►
 *            └─ untaken ─┘└── left ──┘
 *            └───── outstanding ─────┘ at most the window
 * </pre>
 *
 * The window follows what the service takes, once a round trip: twice what it has taken in one. Then the credit for the next round trip is on
 * its way while that of the last one is used up, and a service that takes little has little waiting for it. While the window is what holds the
 * server back, it doubles with every round trip; it goes back by an eighth of itself at a time.
 */
final class CreditWindow {
    private static final int BACK_SHARE = 8;

    /** So much of the window must be free for credit to be worth a frame, unless the server has none left. */
    private static final int WORTH_SHARE = 4;

    private final long leastBytes;
    private final long mostBytes;
    private long windowBytes;
    private long granted;
    private long received;
    private long taken;
    private long roundNanos;
    private long takenBefore;

    /** @param leastBytes of the window, with which it begins */
    CreditWindow(long leastBytes, long mostBytes, long nowNanos) {
        this.leastBytes = Math.min(leastBytes, mostBytes);
        this.mostBytes = mostBytes;
        windowBytes = this.leastBytes;
        roundNanos = nowNanos;
    }

    /** What the server may still send. */
    long leftBytes() {
        return granted - received;
    }

    /** What has come, and the service has not taken yet. */
    long untakenBytes() {
        return received - taken;
    }

    /** What has been granted, and is not taken yet. */
    long outstandingBytes() {
        return granted - taken;
    }

    long windowBytes() {
        return windowBytes;
    }

    void receive(long bytes) {
        received += bytes;
    }

    /** The service has taken so many more. */
    void take(long bytes, long roundTripNanos, long nowNanos) {
        taken += bytes;
        long elapsed = nowNanos - roundNanos;
        if (elapsed < roundTripNanos) {
            return;
        }
        double twice = 2.0 * (taken - takenBefore) * roundTripNanos / elapsed;
        long wanted = Math.max((long) twice, windowBytes - windowBytes / BACK_SHARE);
        windowBytes = Math.max(leastBytes, Math.min(mostBytes, wanted));
        roundNanos = nowNanos;
        takenBefore = taken;
    }

    /**
     * How much to grant now.
     *
     * @param roomBytes most that may be outstanding, whatever the window is
     */
    long dueBytes(long roomBytes) {
        long window = Math.min(windowBytes, roomBytes);
        long free = window - outstandingBytes();
        boolean isWorth = free * WORTH_SHARE >= window || leftBytes() == 0;
        return free > 0 && isWorth ? free : 0;
    }

    void grant(long bytes) {
        granted += bytes;
    }
}
