package dev.tunbridge.microbench;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads as an event loop has them: only on those does Netty recycle buffers. JMH makes this by its name. */
public final class LoopThreads extends ThreadPoolExecutor {
    public static final String EXECUTOR = "-Djmh.executor=CUSTOM";
    public static final String CLASS = "-Djmh.executor.class=dev.tunbridge.microbench.LoopThreads";

    public LoopThreads(int maxThreads, String prefix) {
        super(
                maxThreads,
                maxThreads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix, true));
    }
}
