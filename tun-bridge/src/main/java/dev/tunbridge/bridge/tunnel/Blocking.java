package dev.tunbridge.bridge.tunnel;

import com.google.common.util.concurrent.Uninterruptibles;
import io.netty.channel.EventLoop;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what blocks (name resolution, address set-up) on one thread, in order, and brings the outcome back to the loop.
 * The thread is made by the loop's own, so it lives in the same network namespace. The loop may be the caller's, who may
 * shut it down at any time: then outcomes go nowhere, but for that of the last work.
 */
final class Blocking {
    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    /** How soon the end of a loop is seen that has taken an outcome and will not tell it. */
    private static final long LOOK_MILLIS = 50;

    private final EventLoop loop;
    private final Consumer<Throwable> onBroken;
    private final ExecutorService executor;

    /** @param onBroken hears, on the loop, what a consumer of an outcome throws */
    Blocking(EventLoop loop, String threadName, Consumer<Throwable> onBroken) {
        this.loop = loop;
        this.onBroken = onBroken;
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Runs the work, if the loop is still there to hear of it; exactly one of the consumers then does, on the loop. */
    <T> void run(Callable<T> work, Consumer<T> onSuccess, Consumer<Throwable> onFault) {
        try {
            executor.execute(() -> tell(outcome(work, onSuccess, onFault)));
        } catch (RejectedExecutionException e) {
            LOG.debug("too late for this work", e);
        }
    }

    private static <T> Runnable outcome(Callable<T> work, Consumer<T> onSuccess, Consumer<Throwable> onFault) {
        try {
            T result = work.call();
            return () -> onSuccess.accept(result);
        } catch (Throwable e) { // also an Error: a class that is gone ends a try, and not this thread
            return () -> onFault.accept(e);
        }
    }

    private void tell(Runnable outcome) {
        try {
            loop.execute(() -> {
                try {
                    outcome.run();
                } catch (Throwable e) {
                    onBroken.accept(e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the loop has been shut down, and what it owned is taken back without it", e);
        }
    }

    /**
     * Runs the last work and takes no more. The outcome is told in any case: on the loop, or by this thread where the loop
     * has ended by then.
     *
     * @param onEnd hears of the fault, or null
     */
    void runLast(Callable<?> work, Consumer<@Nullable Throwable> onEnd) {
        executor.execute(() -> {
            @Nullable Throwable fault = null;
            try {
                work.call();
            } catch (Throwable e) {
                fault = e;
            }
            tellSurely(fault, onEnd);
        });
        executor.shutdown();
    }

    /** A loop that is being shut down may take a task and never run it: only its end shows that. */
    private void tellSurely(@Nullable Throwable fault, Consumer<@Nullable Throwable> onEnd) {
        AtomicBoolean begun = new AtomicBoolean();
        CountDownLatch told = new CountDownLatch(1);
        Runnable outcome = () -> {
            if (!begun.getAndSet(true)) {
                try {
                    onEnd.accept(fault);
                } finally {
                    told.countDown();
                }
            }
        };
        tell(outcome);
        boolean isTold = false;
        while (!isTold && !loop.isTerminated()) {
            isTold = Uninterruptibles.awaitUninterruptibly(told, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
        outcome.run();
    }

    /** Lets what is queued finish, takes nothing more. */
    void close() {
        executor.shutdown();
    }
}
