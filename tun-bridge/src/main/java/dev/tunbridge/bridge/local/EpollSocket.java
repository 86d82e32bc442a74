package dev.tunbridge.bridge.local;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * A socket in the loop's epoll set, edge-triggered: one registration for its life, and neither a pause nor a wait costs a system call. So its
 * owner reads and writes until there is no more, or comes back by itself. Netty's own channel would not do: at a FIN it reads what its
 * owner has stopped reading.
 */
final class EpollSocket implements EpollIoHandle {
    private static final EpollIoOps OPERATIONS = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET);

    private final LinuxSocket socket;
    private final Owner owner;
    private IoRegistration registration;

    /** Hears of changes, on the loop's thread. */
    interface Owner {
        /**
         * There may be something to read.
         *
         * @param isHungUp behind it comes the end
         */
        void onReadable(boolean isHungUp);

        /** There may be room to write; for a socket that connects, that it has or has not. */
        void onWritable();

        /** There is a fault, which the socket tells. */
        void onFault();

        /** A fault of the bridge itself. */
        void onBroken(Throwable fault);
    }

    /** Registers the socket, which is the handle's from then on. On the loop. */
    EpollSocket(IoEventLoop loop, LinuxSocket socket, Owner owner) throws IOException {
        this.socket = socket;
        this.owner = owner;
        var registered = loop.register(this);
        if (!registered.isSuccess()) {
            throw new IOException("cannot watch " + socket, registered.cause());
        }
        registration = registered.getNow();
        registration.submit(OPERATIONS);
    }

    @Override
    public LinuxSocket fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration source, IoEvent event) {
        try {
            tell(event);
        } catch (Throwable e) {
            owner.onBroken(e);
        }
    }

    private void tell(IoEvent event) {
        EpollIoOps ready = ((EpollIoEvent) event).ops();
        if (ready.contains(EpollIoOps.EPOLLERR)) {
            owner.onFault();
        }
        if (ready.contains(EpollIoOps.EPOLLOUT) && registration.isValid()) {
            owner.onWritable();
        }
        boolean isHungUp = ready.contains(EpollIoOps.EPOLLRDHUP);
        if ((isHungUp || ready.contains(EpollIoOps.EPOLLIN)) && registration.isValid()) {
            owner.onReadable(isHungUp);
        }
    }

    /** Also called by a loop that shuts down. The owner hears nothing more. */
    @Override
    public void close() {
        try {
            registration.cancel();
        } catch (RejectedExecutionException ended) {
            // Its epoll set is closed.
        }
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone all the same (close(2)).
        }
    }
}
