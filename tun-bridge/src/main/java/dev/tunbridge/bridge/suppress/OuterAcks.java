package dev.tunbridge.bridge.suppress;

import java.util.Arrays;

/**
 * When the outer connection has acknowledged which offset of its stream, as far as somebody looked. Bounded: what is
 * older than the oldest look that is remembered counts as acknowledged at that look.
 */
final class OuterAcks {
    static final long NOT_ACKED = Long.MAX_VALUE;

    /** At a look every 2 ms it remembers two seconds, more than any grace. */
    private static final int LOOKS = 1024;

    /** Doubled until it is that: a connection that is idle has few. */
    private static final int FIRST_LOOKS = 64;

    private long[] offsets = new long[FIRST_LOOKS];
    private long[] nanos = new long[FIRST_LOOKS];
    /** The look before each. */
    private long[] before = new long[FIRST_LOOKS];

    private long lookedNanos;
    /** Looks so far; the last LOOKS of them are remembered. */
    private int count;

    private int last = -1;
    private boolean hasLooked;

    /** The offset up to which everything is acknowledged; a look that brings nothing new is not remembered. */
    void look(long ackedOffset, long nowNanos) {
        long previous = hasLooked ? lookedNanos : nowNanos;
        hasLooked = true;
        lookedNanos = nowNanos;
        if (ackedOffset <= acked()) {
            return;
        }
        if (last + 1 == offsets.length && offsets.length < LOOKS) {
            int length = 2 * offsets.length;
            offsets = Arrays.copyOf(offsets, length);
            nanos = Arrays.copyOf(nanos, length);
            before = Arrays.copyOf(before, length);
        }
        last = (last + 1) % offsets.length;
        offsets[last] = ackedOffset;
        nanos[last] = nowNanos;
        before[last] = previous;
        count = Math.min(count + 1, offsets.length);
    }

    /** Everything before it is acknowledged. */
    long acked() {
        return last < 0 ? 0 : offsets[last];
    }

    /** When it was first seen that all bytes before the offset are acknowledged, or {@link #NOT_ACKED}. */
    long ackedNanos(long offset) {
        int look = lookOf(offset);
        return look < 0 ? NOT_ACKED : nanos[look];
    }

    /** When it was last seen that they are not: what happened later may have been after the acknowledgement. */
    long unackedNanos(long offset) {
        int look = lookOf(offset);
        return look < 0 ? NOT_ACKED : before[look];
    }

    /** The first look that saw all bytes before the offset acknowledged; -1 where none did. */
    private int lookOf(long offset) {
        if (offset > acked() || count == 0) {
            return -1;
        }
        int low = 0; // the oldest look that is remembered
        int high = count - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offsets[at(middle)] >= offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return at(low);
    }

    /** A new connection. */
    void reset() {
        count = 0;
        last = -1;
        hasLooked = false;
    }

    private int at(int age) {
        return (last - count + 1 + age + offsets.length) % offsets.length;
    }
}
