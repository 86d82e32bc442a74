package dev.tunbridge.linux;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/**
 * Tells the owner of a descriptor, on its event loop, that there is something to read. It tells so again and again
 * until the owner has read the descriptor dry or has paused. All methods are called on the loop.
 */
public interface Readiness extends AutoCloseable {
    /**
     * Watches a descriptor from now on: as one of the loop's own where the loop is an epoll one, else by a thread of
     * its own. Called on the loop.
     *
     * @param fd stays the caller's, who closes it after the readiness
     * @param name for the thread, if there is one
     * @param onReadable runs on the loop; errors of the descriptor are found by reading it
     */
    static Readiness watch(EventLoop loop, int fd, String name, Runnable onReadable) throws IOException {
        return loop instanceof IoEventLoop ioLoop && usesEpoll(loop)
                ? new EpollReadiness(ioLoop, new FileDescriptor(fd), onReadable)
                : new ThreadReadiness(loop, fd, name, onReadable);
    }

    /** Whether the loop, or each of the group's, can watch descriptors by itself, and Netty's native calls are there. */
    static boolean usesEpoll(EventLoopGroup loops) {
        return loops instanceof IoEventLoopGroup ioLoops && ioLoops.isCompatible(EpollIoHandle.class);
    }

    /** Tells nothing until it is resumed, except of errors. */
    void pause();

    void resume();

    /**
     * As {@link #pause}, for an owner that looks by itself: where the loop is an epoll one the kernel does nothing for
     * it any more at each packet (0.2 us), and errors are not told.
     */
    default void leave() {
        pause();
    }

    /** Ends {@link #leave}. */
    default void rejoin() throws IOException {
        resume();
    }

    /** After this the owner hears nothing more, and may close the descriptor. */
    @Override
    void close();
}
