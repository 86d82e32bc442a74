package dev.tunbridge.bridge.tunnel;

import io.netty.channel.EventLoop;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls its owner at the earliest deadline that it was told; the owner then looks what is due. Loop thread only. */
final class DeadlineTimer {
    private final EventLoop loop;
    private final Runnable onDue;
    private @Nullable ScheduledFuture<?> scheduled;
    private long dueNanos;

    DeadlineTimer(EventLoop loop, Runnable onDue) {
        this.loop = loop;
        this.onDue = onDue;
    }

    /** Calls at this time at the latest, on the scale of {@link System#nanoTime}. */
    void set(long deadlineNanos) {
        if (scheduled != null && dueNanos - deadlineNanos <= 0) {
            return; // it fires early enough
        }
        cancel();
        dueNanos = deadlineNanos;
        scheduled = loop.schedule(this::fire, Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void fire() {
        scheduled = null;
        onDue.run();
    }

    void cancel() {
        if (scheduled != null) {
            scheduled.cancel(false);
            scheduled = null;
        }
    }
}
