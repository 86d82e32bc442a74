package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A channel with a client's socket behind it. */
abstract class SocketChannel extends ClientChannel implements EpollSocket.Owner {
    final Clients clients;
    final Channels channels;

    /** There may be something to read; false only where whatever comes then is told (epoll(7)). */
    boolean isReadable;

    private @Nullable EpollSocket socket;

    SocketChannel(Clients clients, Channels channels, InetSocketAddress client, int devicePort) {
        super(client, devicePort);
        this.clients = clients;
        this.channels = channels;
    }

    /** @param connected to the client; the channel's from now on */
    final void start(Socket connected) throws IOException {
        socket = EpollSocket.watch(clients.loop(), connected, this);
        clients.began(this);
    }

    /** Null before there is one, and when the client is done with. */
    final @Nullable EpollSocket socket() {
        return socket;
    }

    @Override
    final void opened() {
        channels.ready(this);
    }

    @Override
    public void onReadable(boolean isHungUp) {
        isReadable = true;
        channels.ready(this);
        channels.pump();
    }

    @Override
    public final void onFault() {
        EpollSocket current = socket;
        if (current != null && current.error() != 0) {
            fail();
            channels.pump();
        }
    }

    @Override
    public final void onBroken(Throwable fault) {
        Clients.logFault(fault);
    }

    /** The client is gone. */
    final void fail() {
        if (socket != null) {
            clientFailed();
            channels.close(this, CloseHow.RESET);
        }
    }

    /** Ends what is left of it here. */
    abstract void clientFailed();

    /** Closes the socket, if it is open. Does no harm twice. */
    final void shut() {
        EpollSocket current = socket;
        socket = null;
        if (current != null) {
            current.close();
        }
        release();
        clients.ended(this);
    }

    /** Gives back what it holds. */
    abstract void release();
}
