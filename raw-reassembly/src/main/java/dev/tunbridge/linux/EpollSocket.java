package dev.tunbridge.linux;

import io.netty.channel.ChannelException;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;

/**
 * A socket in the loop's epoll set, edge-triggered: one registration for its life, and neither a pause nor a wait costs a system call. So its
 * owner reads and writes until there is no more, or comes back by itself. Netty's own channel would not do: at a FIN it reads what its
 * owner has stopped reading.
 */
public final class EpollSocket implements EpollIoHandle {
    private static final EpollIoOps OPERATIONS = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET);

    /** The same to the kernel, which tells faults unasked (epoll_ctl(2)), and another to Netty, which makes no call for what it has said already. */
    private static final EpollIoOps AGAIN = OPERATIONS.with(EpollIoOps.EPOLLERR);

    private final Socket socket;
    private final Owner owner;
    private final boolean isConnected;
    private final IoRegistration registration;
    private EpollIoOps operations = OPERATIONS;

    /** Hears of changes, on the loop's thread. */
    public interface Owner {
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

        /** A loop that shuts down has closed it; or its owner has. */
        default void onClosed() {}

        /** A fault of the program itself. */
        void onBroken(Throwable fault);
    }

    private EpollSocket(IoEventLoop loop, Socket socket, boolean isConnected, Owner owner) throws IOException {
        this.socket = socket;
        this.isConnected = isConnected;
        this.owner = owner;
        registration = EpollHandles.register(loop, this);
        try {
            registration.submit(operations);
        } catch (UncheckedIOException e) {
            EpollHandles.cancel(registration);
            throw new ChannelException("cannot watch " + socket, e); // fs.epoll.max_user_watches, or no memory
        }
    }

    /**
     * Connects the socket, or begins to, and registers it, in this order: one that does not connect yet counts as hung up. On the loop.
     *
     * @param socket the handle's from now on; closed where this fails
     */
    public static EpollSocket connect(IoEventLoop loop, Socket socket, SocketAddress address, Owner owner)
            throws IOException {
        boolean isConnected;
        try {
            isConnected = socket.connect(address);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        return watch(loop, socket, isConnected, owner);
    }

    /**
     * Registers one that listens, or is connected. On the loop, where its owner hears nothing before this returns.
     *
     * @param socket the handle's from now on; closed where this fails
     */
    public static EpollSocket watch(IoEventLoop loop, Socket socket, Owner owner) throws IOException {
        return watch(loop, socket, true, owner);
    }

    private static EpollSocket watch(IoEventLoop loop, Socket socket, boolean isConnected, Owner owner)
            throws IOException {
        try {
            return new EpollSocket(loop, socket, isConnected, owner);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Whether it was connected at once; else the owner hears when it is writable. */
    public boolean isConnected() {
        return isConnected;
    }

    /**
     * Arms the edges again: what can be read or written now is told once more, in the loop's next round and in turn with all else that is
     * ready then.
     */
    public void again() {
        operations = operations.equals(OPERATIONS) ? AGAIN : OPERATIONS;
        registration.submit(operations);
    }

    @Override
    public Socket fd() {
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

    /** The fault that it has, which this takes from it; 0 for none. */
    public int error() {
        try {
            return socket.getSoError();
        } catch (IOException e) {
            return -1;
        }
    }

    /** Its close will be an RST, where the peer has one to hear. */
    public void resetAtClose() {
        try {
            socket.setSoLinger(0);
        } catch (IOException e) {
            // It is gone.
        }
    }

    /** Also called by a loop that shuts down. */
    @Override
    public void close() {
        EpollHandles.cancel(registration);
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone all the same (close(2)).
        }
        owner.onClosed();
    }
}
