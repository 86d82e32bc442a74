package dev.tunbridge.linux;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A readiness that moderates its wakes as a network card moderates its interrupts. What comes to a quiet descriptor is
 * told at once. While a lot comes the descriptor is not watched: the owner is called at intervals instead. A wake costs
 * a loop 4 to 9 us (measured in a virtual machine), as much as looking at forty packets in a ring, and half of that
 * again whoever causes it.
 */
public final class ModeratedReadiness implements Readiness {
    /** A wake for each of so few costs 2 to 4 % of a core. */
    private static final int QUIET_PER_WINDOW = 4;

    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** The most that is added to a packet's way, and only to one of more than 4,000 a second. */
    private static final long INTERVAL_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private final EventLoop loop;
    private final Runnable onReadable;
    private final Readiness readiness;
    private final Runnable again = this::lookAgain;
    private @Nullable ScheduledFuture<?> looking;
    private boolean lookingAgain;
    private boolean paused;
    private boolean closed;
    private long windowBeganNanos = System.nanoTime();
    private int countOfWindow;

    private ModeratedReadiness(EventLoop loop, int fd, String name, Runnable onReadable) throws IOException {
        this.loop = loop;
        this.onReadable = onReadable;
        readiness = Readiness.watch(loop, fd, name, onReadable);
    }

    /** As {@link Readiness#watch}; the owner then tells what it {@link #took}, or every wake stays immediate. */
    public static ModeratedReadiness watch(EventLoop loop, int fd, String name, Runnable onReadable)
            throws IOException {
        return new ModeratedReadiness(loop, fd, name, onReadable);
    }

    /**
     * Tells of each turn of the owner, also of one that found nothing.
     *
     * @param count packets
     * @param more whether it stopped before there was nothing left
     */
    public void took(int count, boolean more, long nowNanos) {
        countOfWindow += count;
        long elapsed = nowNanos - windowBeganNanos;
        if (elapsed >= WINDOW_NANOS) {
            boolean busy = countOfWindow > QUIET_PER_WINDOW * (elapsed / WINDOW_NANOS);
            windowBeganNanos = nowNanos;
            countOfWindow = 0;
            if (busy) {
                lookAtIntervals();
            } else {
                watchAgain();
            }
        }
        if (more && looking != null && !lookingAgain) {
            lookingAgain = true;
            loop.execute(again);
        }
    }

    private void lookAtIntervals() {
        if (looking == null && !paused && !closed) {
            readiness.leave();
            looking = loop.scheduleWithFixedDelay(this::look, INTERVAL_NANOS, INTERVAL_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    private void watchAgain() {
        if (stopLooking()) {
            watchClosely();
        }
    }

    private void watchClosely() {
        try {
            readiness.rejoin();
        } catch (IOException ended) {
            throw new UncheckedIOException(ended);
        }
    }

    private boolean stopLooking() {
        ScheduledFuture<?> current = looking;
        looking = null;
        return current != null && current.cancel(false);
    }

    private void look() {
        boolean done = false;
        try {
            onReadable.run();
            done = true;
        } finally {
            if (!done) {
                // What throws is not called at intervals any more.
                looking = null;
                watchClosely();
            }
        }
    }

    /** Goes on where a bounded turn has left something. */
    private void lookAgain() {
        lookingAgain = false;
        if (looking != null) {
            onReadable.run();
        }
    }

    @Override
    public void pause() {
        paused = true;
        stopLooking();
        readiness.pause();
    }

    @Override
    public void resume() {
        paused = false;
        watchClosely();
    }

    @Override
    public void close() {
        closed = true;
        stopLooking();
        readiness.close();
    }
}
