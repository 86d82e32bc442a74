package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Waits for descriptors with a timeout in nanoseconds, which neither {@code Selector} nor {@code poll} offers. One
 * thread uses it.
 *
 * <pre>
 *   struct pollfd:   int fd (0) | short events (4) | short revents (6)
 *   struct timespec: long seconds (0) | long nanoseconds (one word on)
 * </pre>
 */
public final class Poll {
    public static final int READABLE = 0x001;
    public static final int WRITABLE = 0x004;
    public static final int ERROR = 0x008;
    public static final int HANG_UP = 0x010;

    private static final int ENTRY_BYTES = 8;
    private static final int EVENTS_AT = 4;
    private static final int READY_AT = 6;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Memory entries;
    private final Memory timeout = new Memory(2L * Native.LONG_SIZE);
    private final int capacity;
    private int count;

    public Poll(int capacity) {
        this.capacity = capacity;
        this.entries = new Memory((long) capacity * ENTRY_BYTES);
        entries.clear();
    }

    /** Adds a descriptor and returns its slot, by which it is addressed from here on. */
    public int add(int fd, int events) {
        if (count == capacity) {
            throw new IllegalStateException("all " + capacity + " slots are taken");
        }
        int slot = count++;
        entries.setInt((long) slot * ENTRY_BYTES, fd);
        setEvents(slot, events);
        return slot;
    }

    public void setEvents(int slot, int events) {
        entries.setShort((long) slot * ENTRY_BYTES + EVENTS_AT, (short) events);
    }

    /**
     * Waits until a descriptor is ready or the time is over; a negative timeout waits for ever. Returns how many are
     * ready; 0 also after a signal.
     */
    public int await(long timeoutNanos) throws LinuxException {
        Pointer limit = Pointer.NULL;
        if (timeoutNanos >= 0) {
            setWord(0, timeoutNanos / NANOS_PER_SECOND);
            setWord(Native.LONG_SIZE, timeoutNanos % NANOS_PER_SECOND);
            limit = timeout;
        }
        int ready = LibC.ppoll(entries, count, limit, Pointer.NULL);
        if (ready < 0) {
            int number = Native.getLastError();
            if (number != Errno.EINTR.number()) {
                throw new LinuxException("ppoll", count + " descriptors", new Errno(number));
            }
            for (int slot = 0; slot < count; slot++) {
                entries.setShort((long) slot * ENTRY_BYTES + READY_AT, (short) 0);
            }
            return 0;
        }
        return ready;
    }

    /** What the last {@link #await} found for this slot. */
    public int readyEvents(int slot) {
        return entries.getShort((long) slot * ENTRY_BYTES + READY_AT);
    }

    private void setWord(int offset, long value) {
        if (Native.LONG_SIZE == Long.BYTES) {
            timeout.setLong(offset, value);
        } else {
            timeout.setInt(offset, (int) value);
        }
    }
}
