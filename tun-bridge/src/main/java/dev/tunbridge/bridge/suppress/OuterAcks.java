package dev.tunbridge.bridge.suppress;

import java.util.concurrent.TimeUnit;

/**
 * When the outer connection has acknowledged which offset of its stream, as far as somebody looked. Bounded: what is
 * older than the oldest look that is remembered counts as acknowledged at that look.
 */
final class OuterAcks {
    static final long NOT_ACKED = Long.MAX_VALUE;

    /** At a look every 2 ms it remembers two seconds, more than any grace. */
    private static final int LOOKS = 1024;

    /** Doubled up to that, while the oldest look that is remembered is younger than two seconds: a connection that is idle has few. */
    private static final int FIRST_LOOKS = 64;

    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(2);

    private long[] offsets = new long[FIRST_LOOKS];
    private long[] nanos = new long[FIRST_LOOKS];
    /** The look before each. */
    private long[] before = new long[FIRST_LOOKS];

    private long lookedNanos;
    /** Looks that are remembered. */
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
        if (count == offsets.length && count < LOOKS && nowNanos - nanos[at(0)] < REMEMBERED_NANOS) {
            grow();
        }
        last = (last + 1) % offsets.length;
        offsets[last] = ackedOffset;
        nanos[last] = nowNanos;
        before[last] = previous;
        count = Math.min(count + 1, offsets.length);
    }

    private void grow() {
        long[][] larger = new long[3][2 * count];
        for (int age = 0; age < count; age++) {
            larger[0][age] = offsets[at(age)];
            larger[1][age] = nanos[at(age)];
            larger[2][age] = before[at(age)];
        }
        offsets = larger[0];
        nanos = larger[1];
        before = larger[2];
        last = count - 1;
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
