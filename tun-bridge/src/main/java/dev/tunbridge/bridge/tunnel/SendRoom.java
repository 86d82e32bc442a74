package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.path.UnsentLimit;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether the outer socket may be given more, so that what waits does so in the egress queue, where it is ordered.
 *
 * <p>The kernel's own limit ({@code TCP_NOTSENT_LOWAT}) is too blunt for slow paths: it is looked at only where a new
 * buffer begins, and one that has begun is filled up to 64 KiB ({@code tcp_sendmsg_locked}), which are 26 ms at 20
 * Mbit/s. So after each write the socket is asked what it holds unsent ({@code SIOCOUTQNSD}); where that is too much,
 * the next write waits until half of the limit is gone, as the rate tells at which the socket sends. Loop thread only.
 */
final class SendRoom {
    /** As much as one write of the kernel's own takes with good effect; beyond it latency grows and throughput not. */
    private static final int MOST_BATCH_BYTES = 64 * 1024;

    /** So much that what the kernel adds of its own makes no odds; on a path that fast a call after each write does. */
    private static final int KERNEL_LIMIT_BYTES = 256 * 1024;

    private static final long LEAST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
    /** An acknowledgement may open the window at any time, and all that is unsent leaves at once. */
    private static final long MOST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Channel channel;
    private final UnsentLimit limit;
    private final DeadlineTimer pause;
    private final Runnable onRoom;
    private long bytesPerSecond;
    private boolean full;

    /** @param onRoom called after {@link #isFull} was true, once there is room again */
    SendRoom(EventLoop loop, Channel channel, UnsentLimit limit, Runnable onRoom) {
        this.channel = channel;
        this.limit = limit;
        this.onRoom = onRoom;
        pause = new DeadlineTimer(loop, this::onPauseOver);
    }

    /** Gives the socket its limit. */
    void set(int fd) throws LinuxException {
        if (limit.isSet()) {
            Sockets.set(fd, SocketOption.TCP_NOTSENT_LOWAT, limit.bytes());
        }
    }

    /** Follows the rate at which the connection may send: following what it delivers would keep it there. */
    void follow(int fd, long bytesPerSecond) throws LinuxException {
        this.bytesPerSecond = bytesPerSecond;
        if (limit.follow(bytesPerSecond)) {
            set(fd);
        }
    }

    /** Bytes that are worth gathering for one write: as many as there is room for when the socket asks for more. */
    int batchBytes() {
        return Math.min(MOST_BATCH_BYTES, limit.bytes() / 2);
    }

    /** What the socket may hold unsent; empty where that is left to the kernel. */
    Optional<Integer> limitBytes() {
        return limit.isSet() ? Optional.of(limit.bytes()) : Optional.empty();
    }

    /** Whether the socket holds so much that no more may be written. */
    boolean isFull() {
        return full;
    }

    /** After each write. */
    void written() {
        if (full
                || !limit.isSet()
                || limit.bytes() >= KERNEL_LIMIT_BYTES
                || !channel.isOpen()
                || !(channel instanceof EpollSocketChannel epoll)) {
            return;
        }
        look(epoll);
    }

    private void look(EpollSocketChannel epoll) {
        int unsent;
        try {
            unsent = Sockets.unsentBytes(epoll.fd().intValue());
        } catch (LinuxException e) {
            return; // the socket is gone, and the connection soon
        }
        if (unsent < limit.bytes()) {
            return;
        }
        full = true;
        long nanos = bytesPerSecond <= 0
                ? LEAST_PAUSE_NANOS
                : TimeUnit.SECONDS.toNanos(unsent - limit.bytes() / 2) / bytesPerSecond;
        pause.set(System.nanoTime() + Math.max(LEAST_PAUSE_NANOS, Math.min(MOST_PAUSE_NANOS, nanos)));
    }

    private void onPauseOver() {
        full = false;
        written();
        if (!full) {
            onRoom.run();
        }
    }

    /** The connection is over. */
    void close() {
        pause.cancel();
    }
}
