package dev.tunbridge.reassembly.recovery;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Notices that the capture does not see what the kernel receives: the way of the segments has changed, or something takes them before
 * the capture. What the kernel lane reads is evidence, since what is captured is captured before it can be read. Time is a parameter;
 * one thread.
 */
final class CaptureSight {
    /** Less may be one segment that was not used for a reason of its own, joined by receive offload up to 64 KiB. */
    static final long BLIND_BYTES = 128 * 1024;

    /** A slow stream tells in this time, and no burst that the ring had no room for lasts as long. */
    static final long BLIND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long NEVER = Long.MIN_VALUE;

    /** Of a stream that is slower than {@link #BLIND_BYTES} a second. */
    private static final long SLOW_BYTES = 8 * 1024;

    /** A port, what is made of it, and what is made of that. */
    private static final int MOST_INTERFACES = 4;

    private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(5);

    private boolean hasSeen = true;
    private boolean isBlind;
    private long seenPosition;
    private long unseenSinceNanos = NEVER;
    private boolean isPaused;

    // By interface; what comes by yet another is not counted.
    private final int[] elsewhere = new int[MOST_INTERFACES];
    private final long[] elsewhereBytes = new long[MOST_INTERFACES];
    /** Those of them that came by no other interface before: libpcap shows a segment at a port and again at what the port is of. */
    private final long[] elsewhereFirst = new long[MOST_INTERFACES];

    private long furthestOffset;

    /** A segment was captured and used, which ends there. */
    void seen(long endOffset) {
        hasSeen = true;
        furthestOffset = Math.max(furthestOffset, endOffset);
    }

    /** A segment was captured that is right in everything, but came in by another interface. */
    void seenElsewhere(int interfaceIndex, long endOffset, int bytes) {
        long newBytes = Math.max(0, Math.min(bytes, endOffset - furthestOffset));
        furthestOffset = Math.max(furthestOffset, endOffset);
        for (int i = 0; i < MOST_INTERFACES; i++) {
            if (elsewhere[i] == interfaceIndex || elsewhere[i] == 0) {
                elsewhere[i] = interfaceIndex;
                elsewhereBytes[i] += bytes;
                elsewhereFirst[i] += newBytes;
                return;
            }
        }
    }

    /** How far the kernel lane has come; answers whether the capture is blind from now on, once. */
    boolean look(long position, long nowNanos) {
        if (hasSeen || isPaused) {
            see(position);
            return false;
        }
        long unseen = position - seenPosition;
        if (unseen == 0 || isBlind) {
            return false;
        }
        if (unseenSinceNanos == NEVER) {
            unseenSinceNanos = nowNanos;
        }
        long elapsed = nowNanos - unseenSinceNanos;
        isBlind = (unseen >= BLIND_BYTES && elapsed >= BLIND_NANOS) || (unseen >= SLOW_BYTES && elapsed >= SLOW_NANOS);
        return isBlind;
    }

    private void see(long position) {
        hasSeen = false;
        isBlind = false;
        seenPosition = position;
        unseenSinceNanos = NEVER;
        if (elsewhere[0] != 0) {
            Arrays.fill(elsewhere, 0);
            Arrays.fill(elsewhereBytes, 0);
            Arrays.fill(elsewhereFirst, 0);
        }
    }

    boolean isBlind() {
        return isBlind;
    }

    /**
     * The interface by which most of what the kernel took has come since something was seen; 0 if there is none. Somebody who only
     * sends there himself cannot make the kernel's stream go on. Of several it is the one that had it first: after that one the others'
     * copies are refused and do no harm, while a copy that is refused before disputes the place of what is to come.
     */
    int elsewhere(long position) {
        int best = -1;
        for (int i = 0; i < MOST_INTERFACES; i++) {
            boolean isMost = elsewhere[i] != 0 && elsewhereBytes[i] >= (position - seenPosition) / 2;
            if (isMost && (best < 0 || elsewhereFirst[i] > elsewhereFirst[best])) {
                best = i;
            }
        }
        return best < 0 ? 0 : elsewhere[best];
    }

    /** The capture rests: that it sees nothing means nothing. */
    void pause() {
        isPaused = true;
    }

    /** From here on it is to see what comes. */
    void restart(long position) {
        isPaused = false;
        see(position);
    }
}
