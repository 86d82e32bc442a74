package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.Service;
import dev.tunbridge.linux.EpollSocket;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What connections to services of either kind share: when they are read, and their end. */
abstract class ServiceSocket implements Service, EpollSocket.Owner {
    final LocalServices services;
    final Channel channel;
    private final int turnReads;

    private @Nullable EpollSocket socket;
    private boolean isClosed;

    private boolean isReading;
    /** There may be something to read; false only after a read that has found nothing, since whatever comes then is told (epoll(7)). */
    private boolean isReadable;

    private boolean isHungUp;
    private boolean isTurnDue;

    /** @param turnReads the most reads of one turn, so that one service cannot keep the loop */
    ServiceSocket(LocalServices services, Channel channel, int turnReads) {
        this.services = services;
        this.channel = channel;
        this.turnReads = turnReads;
    }

    /** Null before there is one, and when it is closed. */
    final @Nullable EpollSocket socket() {
        return socket;
    }

    final void socket(EpollSocket made) {
        socket = made;
    }

    final boolean isClosed() {
        return isClosed;
    }

    // Reading

    @Override
    public final void startReading() {
        isReading = true;
        turnLater();
    }

    @Override
    public final void stopReading() {
        isReading = false;
        if (isHungUp) {
            turnLater();
        }
    }

    /** Not now, since the relay may be the caller. */
    private void turnLater() {
        if (!isTurnDue && isReadable) {
            isTurnDue = true;
            services.later(() -> {
                isTurnDue = false;
                turn();
            });
        }
    }

    @Override
    public final void onReadable(boolean isHungUp) {
        isReadable = true;
        this.isHungUp |= isHungUp;
        turn();
    }

    private void turn() {
        EpollSocket current = socket;
        if (current == null || !isReadable || !mayRead()) {
            return;
        }
        try {
            if (isReading) {
                read(current);
            } else if (isHungUp) {
                notReading(current);
            }
        } catch (IOException e) {
            fail();
        }
    }

    private void read(EpollSocket current) throws IOException {
        for (int reads = 0; reads < turnReads; reads++) {
            int most = services.events().readableBytes(channel);
            if (most <= 0 || isClosed) {
                return;
            }
            isReadable = read(current, most);
            if (!isReadable || isClosed) {
                return;
            }
        }
        current.again();
    }

    /** Whether the connection is so far that its end would be its peer's. */
    abstract boolean mayRead();

    /**
     * Reads once and hands on what comes.
     *
     * @param most bytes of a stream
     * @return whether there may be more
     */
    abstract boolean read(EpollSocket current, int most) throws IOException;

    /** The peer has ended or gone, and nothing may be read now. */
    abstract void notReading(EpollSocket current) throws IOException;

    // The end

    final void fail() {
        if (!isClosed) {
            shut();
            services.events().onFailed(channel);
        }
    }

    @Override
    public final void onBroken(Throwable fault) {
        services.events().onBroken(fault);
    }

    @Override
    public final void onClosed() {
        if (socket != null) { // by the loop, not by this
            shut();
        }
    }

    /** Closes what is open, once; from now on nothing is told. */
    final void shut() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        leaveSocket();
        release();
    }

    /** This one is of no use; another may follow. */
    final void leaveSocket() {
        EpollSocket current = socket;
        socket = null;
        if (current != null) {
            current.close();
        }
    }

    /** Gives back what memory it holds. */
    abstract void release();
}
