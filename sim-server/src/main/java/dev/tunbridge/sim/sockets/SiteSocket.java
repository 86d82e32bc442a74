package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.EpollHandles;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket in the loop's epoll set, edge-triggered: its owner reads and writes until there is no more, or comes back by itself. Netty's own
 * channel would not do: at a FIN it reads what its owner has no credit for.
 */
final class SiteSocket implements EpollIoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(SiteSocket.class);

    private static final EpollIoOps OPERATIONS = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET);

    private final Socket socket;
    private final Owner owner;
    private final IoRegistration registration;

    /** Hears of changes, on the loop's thread. */
    interface Owner {
        /**
         * There may be something to read.
         *
         * @param isHungUp behind it comes the end
         */
        void onReadable(boolean isHungUp);

        /** There may be room to write. */
        void onWritable();

        /** There is a fault, which the socket tells. */
        void onFault();
    }

    private SiteSocket(IoEventLoop loop, Socket socket, Owner owner) throws IOException {
        this.socket = socket;
        this.owner = owner;
        registration = EpollHandles.register(loop, this);
        try {
            registration.submit(OPERATIONS);
        } catch (UncheckedIOException e) {
            EpollHandles.cancel(registration);
            throw new IOException("cannot watch " + socket, e); // fs.epoll.max_user_watches, or no memory
        }
    }

    /**
     * On the loop, where the owner hears nothing before this returns.
     *
     * @param socket the handle's from now on; closed where this fails
     */
    static SiteSocket watch(IoEventLoop loop, Socket socket, Owner owner) throws IOException {
        try {
            return new SiteSocket(loop, socket, owner);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public Socket fd() {
        return socket;
    }

    @Override
    public void handle(IoRegistration source, IoEvent event) {
        try {
            tell(((EpollIoEvent) event).ops());
        } catch (RuntimeException e) {
            LOG.error("a fault of the simulator itself", e);
        }
    }

    private void tell(EpollIoOps ready) {
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

    /** The fault, which this takes from the socket; 0 for none. */
    int error() {
        try {
            return socket.getSoError();
        } catch (IOException e) {
            return -1;
        }
    }

    /** Closes with an RST, where the peer has one to hear. */
    void reset() {
        try {
            socket.setSoLinger(0);
        } catch (IOException e) {
            // It is gone.
        }
        close();
    }

    /** Also called by a loop that shuts down. The owner hears nothing more. */
    @Override
    public void close() {
        EpollHandles.cancel(registration);
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone all the same (close(2)).
        }
    }
}
