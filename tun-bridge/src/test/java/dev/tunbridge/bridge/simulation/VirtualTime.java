package dev.tunbridge.bridge.simulation;

import java.util.PriorityQueue;

/** Time that passes only from one event to the next. Events of the same instant run in the order in which they were made. */
public final class VirtualTime {
    public static final long MICROSECOND = 1_000;
    public static final long MILLISECOND = 1_000_000;
    public static final long SECOND = 1_000_000_000;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNanos;
    private long made;

    public VirtualTime(long originNanos) {
        nowNanos = originNanos;
    }

    /** Something that is going to happen, unless it is cancelled. */
    public static final class Event implements Comparable<Event> {
        private final long atNanos;
        private final long order;
        private final Runnable action;
        private boolean cancelled;

        private Event(long atNanos, long order, Runnable action) {
            this.atNanos = atNanos;
            this.order = order;
            this.action = action;
        }

        public void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    public long nowNanos() {
        return nowNanos;
    }

    public Event after(long delayNanos, Runnable action) {
        return at(nowNanos + delayNanos, action);
    }

    public Event at(long atNanos, Runnable action) {
        Event event = new Event(Math.max(atNanos, nowNanos), made++, action);
        events.add(event);
        return event;
    }

    /** Runs the next event if it is due by then; answers whether there was one. */
    public boolean runNext(long untilNanos) {
        while (true) {
            Event next = events.peek();
            if (next == null || next.atNanos > untilNanos) {
                return false;
            }
            events.remove();
            if (!next.cancelled) {
                nowNanos = next.atNanos;
                next.action.run();
                return true;
            }
        }
    }

    /** Runs everything that is due by then; the time is {@code untilNanos} afterwards. */
    public void runUntil(long untilNanos) {
        while (runNext(untilNanos)) {
            // Each event may make more.
        }
        nowNanos = Math.max(nowNanos, untilNanos);
    }
}
