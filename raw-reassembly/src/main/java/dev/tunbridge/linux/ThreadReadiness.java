package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that waits for the descriptor, for loops that cannot. It only waits: packets are read on the loop, so that
 * the order of events and the ownership of buffers are those of the epoll path. After each call of the owner it waits
 * for its permission to look again, so there is never more than one call under way.
 */
final class ThreadReadiness implements Readiness {
    private static final Logger log = LoggerFactory.getLogger(ThreadReadiness.class);

    private final EventLoop loop;
    private final int fd;
    private final Runnable onReadable;
    private final int wakeFd;
    private final Semaphore permission = new Semaphore(1);
    private final Thread thread;
    private volatile boolean closed;
    // On the loop only.
    private boolean paused;
    private boolean turnHeld;

    ThreadReadiness(EventLoop loop, int fd, String name, Runnable onReadable) throws LinuxException {
        this.loop = loop;
        this.fd = fd;
        this.onReadable = onReadable;
        wakeFd = Descriptors.newEventDescriptor();
        thread = new Thread(this::waitAndTell, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void waitAndTell() {
        try {
            Poll poll = new Poll(2);
            poll.add(fd, Poll.READABLE);
            poll.add(wakeFd, Poll.READABLE);
            while (true) {
                permission.acquire();
                while (!closed && poll.await(-1) == 0) {
                    // A signal; look again.
                }
                if (closed) {
                    return;
                }
                loop.execute(this::turn);
            }
        } catch (LinuxException | RejectedExecutionException failure) {
            log.debug("no longer waiting for {}", thread.getName(), failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() {
        if (closed) {
            return;
        }
        if (paused) {
            turnHeld = true;
            return;
        }
        try {
            onReadable.run();
        } finally {
            permission.release();
        }
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
        if (turnHeld) {
            turnHeld = false;
            permission.release();
        }
    }

    /** Returns once the thread is done with both descriptors, lest it watches a number that means another file by then. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        permission.release();
        Memory one = new Memory(Long.BYTES);
        one.setLong(0, 1);
        try {
            Descriptors.write(wakeFd, Pointer.nativeValue(one), Long.BYTES);
            thread.join();
        } catch (LinuxException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            Descriptors.close(wakeFd);
        }
    }
}
