package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The datagrams of one client's port to one port of the device, and their channel. They have a socket of their own, bound to the device's
 * address and connected to the client, so what does not have credit yet waits in the kernel.
 */
final class DatagramChannel extends SocketChannel {
    private static final int TURN_READS = 64;

    /** That came before the flow had a socket, which takes no longer than a turn of the loop. */
    private static final int MOST_FIRST = 64;

    private final Deque<byte[]> first = new ArrayDeque<>();
    private long activeNanos = System.nanoTime();

    DatagramChannel(Clients clients, Channels channels, InetSocketAddress client, int devicePort) {
        super(clients, channels, client, devicePort);
    }

    @Override
    boolean isTcp() {
        return false;
    }

    // From the client

    /** One that came by the socket of all. */
    void first(ByteBuf buffer, int length) {
        if (first.size() >= MOST_FIRST || length > channels.maxDataBytes()) {
            clients.counters().datagramsDropped++;
            return;
        }
        first.add(ByteBufUtil.getBytes(buffer, 0, length));
        channels.ready(this);
    }

    @Override
    boolean turn() {
        EpollSocket current = socket();
        if (current == null || !isOpened || isClosedHere) {
            return false;
        }
        ByteBuf scratch = clients.scratch();
        try {
            for (int reads = 0; reads < TURN_READS && socket() != null; reads++) {
                byte[] waiting = first.peek();
                if (waiting == null && !isReadable) {
                    return false;
                }
                int next = waiting == null ? Sockets.unreadBytes(current.fd().intValue()) : waiting.length;
                if (next > channels.allowance(this) && next <= channels.maxDataBytes()) {
                    return false; // the credit that is missing brings another turn
                }
                if (waiting != null) {
                    first.remove();
                    scratch.setBytes(0, waiting);
                    send(scratch, waiting.length);
                } else if (!receive(current, scratch)) {
                    isReadable = false;
                    return false;
                }
            }
        } catch (IOException e) {
            fail();
            return false;
        }
        return true;
    }

    private boolean receive(EpollSocket current, ByteBuf scratch) throws IOException {
        var sender = current.fd().recvFromAddress(scratch.memoryAddress(), 0, Clients.READ_BYTES);
        if (sender == null) {
            return false;
        }
        send(scratch, sender.receivedAmount());
        return true;
    }

    private void send(ByteBuf scratch, int length) {
        activeNanos = System.nanoTime();
        if (length > channels.maxDataBytes()) {
            clients.counters().datagramsDropped++;
        } else {
            channels.send(this, scratch, 0, length);
        }
    }

    // To the client

    /** At once, or it is lost. */
    @Override
    void received(ByteBuf buffer, int index, int length) {
        EpollSocket current = socket();
        if (current == null) {
            return;
        }
        activeNanos = System.nanoTime();
        ByteBuf scratch = clients.scratch();
        scratch.setBytes(0, buffer, index, length);
        try {
            current.fd().sendAddress(scratch.memoryAddress(), 0, length);
        } catch (IOException e) {
            fail(); // the client listens no more
            return;
        }
        channels.taken(this, length);
    }

    @Override
    void flush() {}

    @Override
    public void onWritable() {}

    // The end

    @Override
    void endedThere() {
        throw new IllegalStateException(this + " has ended one way; datagrams end both ways");
    }

    @Override
    void clientFailed() {
        brokenOff();
    }

    /** Ends the flow where nothing has gone either way for so long; so does a flow that the device has not answered. */
    void endIfIdle(long nowNanos, long idleNanos) {
        if (socket() != null && nowNanos - activeNanos >= idleNanos) {
            brokenOff();
            channels.close(this, CloseHow.END_OF_STREAM);
        }
    }

    @Override
    void brokenOff() {
        shut();
    }

    @Override
    void release() {
        first.clear();
    }
}
