package dev.tunbridge.bridge.tunnel;

import io.netty.channel.EventLoop;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what blocks (name resolution, address set-up) on one thread, in order, and brings the outcome back to the loop.
 * The thread is made by the loop's own, so it lives in the same network namespace.
 */
final class Blocking {
    private static final Logger LOG = LoggerFactory.getLogger(Blocking.class);

    private final EventLoop loop;
    private final ExecutorService executor;

    Blocking(EventLoop loop, String threadName) {
        this.loop = loop;
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Runs the work; exactly one of the consumers hears of it, on the loop. */
    <T> void run(Callable<T> work, Consumer<T> onSuccess, Consumer<Exception> onFault) {
        executor.execute(() -> {
            try {
                T result = work.call();
                tell(() -> onSuccess.accept(result));
            } catch (Throwable e) {
                Exception fault = e instanceof Exception exception ? exception : new IllegalStateException(e);
                tell(() -> onFault.accept(fault));
            }
        });
    }

    /** Somebody may have shut the loop down before: then nobody hears of it. */
    private void tell(Runnable news) {
        try {
            loop.execute(news);
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop has ended before what ran beside it");
        }
    }

    /** Runs last work whose outcome no loop will hear of; completes when it is done. */
    CompletableFuture<Void> runLast(Callable<?> work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                work.call();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Lets what is queued finish, takes nothing more. */
    void close() {
        executor.shutdown();
    }
}
