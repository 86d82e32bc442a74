package dev.tunbridge.linux;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/** Descriptors in the epoll set of a loop that are no channels of Netty's. */
public final class EpollHandles {
    private EpollHandles() {}

    /** Puts the handle into the loop's set. On the loop, where that is done when this returns. */
    public static IoRegistration register(IoEventLoop loop, EpollIoHandle handle) throws IOException {
        var registered = loop.register(handle);
        if (!registered.isSuccess()) {
            throw new IOException("cannot watch " + handle.fd(), registered.cause());
        }
        return registered.getNow();
    }

    /** Takes it out, also from a loop that shuts down, or has. */
    public static void cancel(IoRegistration registration) {
        try {
            registration.cancel();
        } catch (RejectedExecutionException ended) {
            // Its epoll set is closed.
        }
    }
}
