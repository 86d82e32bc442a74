package dev.tunbridge.linux;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network namespace, held open by its descriptor. A thread lives in one namespace, and a socket stays in the one that
 * its thread had when it was made; so work for another namespace runs on threads made here, which enter it first and
 * are never reused for anything else.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final Path NAMED = Path.of("/run/netns");

    private final int fd;
    private final String name;

    private NetworkNamespace(int fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /** The namespace of the calling thread. */
    public static NetworkNamespace current() throws LinuxException {
        return new NetworkNamespace(Descriptors.openReadOnly("/proc/thread-self/ns/net"), "current");
    }

    /** A namespace that {@code ip netns add} has made. */
    public static NetworkNamespace open(String name) throws LinuxException {
        return new NetworkNamespace(Descriptors.openReadOnly(NAMED.resolve(name).toString()), name);
    }

    public static NetworkNamespace open(Path path) throws LinuxException {
        return new NetworkNamespace(Descriptors.openReadOnly(path.toString()), path.toString());
    }

    public String name() {
        return name;
    }

    /** Runs the work on a fresh thread inside the namespace, waits for it, and throws what it throws. */
    public <T> T call(Callable<T> work) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        enter();
                        result.complete(work.call());
                    } catch (Throwable failure) {
                        result.completeExceptionally(failure);
                    }
                },
                "in-" + name);
        thread.setDaemon(true);
        thread.start();
        try {
            return result.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw failure;
        }
    }

    /** A daemon thread, not started, that runs the work inside the namespace. */
    public Thread newThread(Runnable work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        enter();
                    } catch (LinuxException failure) {
                        throw new UncheckedIOException(failure);
                    }
                    work.run();
                },
                "in-" + name);
        thread.setDaemon(true);
        return thread;
    }

    /** A factory for the threads of an event loop group or executor that works inside the namespace. */
    public ThreadFactory threadFactory(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = newThread(work);
            thread.setName(prefix + "-" + number.getAndIncrement());
            return thread;
        };
    }

    private void enter() throws LinuxException {
        if (LibC.setns(fd, CLONE_NEWNET) < 0) {
            throw LinuxException.last("setns", name);
        }
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
