package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.ConnectedSocket;
import dev.tunbridge.linux.EpollSocket;
import dev.tunbridge.linux.SocketOutput;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A client's TCP connection and its channel. What the client sends before the device has answered waits in its socket. */
final class StreamChannel extends SocketChannel {
    private boolean isHungUp;

    /** To the client; bounded by what was granted. */
    private final SocketOutput output = new SocketOutput();

    private long takenNanos;

    StreamChannel(Clients clients, Channels channels, InetSocketAddress client, int devicePort) {
        super(clients, channels, client, devicePort);
    }

    @Override
    boolean isTcp() {
        return true;
    }

    // From the client

    @Override
    public void onReadable(boolean isHungUp) {
        this.isHungUp |= isHungUp;
        super.onReadable(isHungUp);
    }

    @Override
    boolean turn() {
        EpollSocket current = socket();
        if (current == null || !isOpened || isClosedHere || !isReadable) {
            return false;
        }
        try {
            int most = (int) Math.min(channels.allowance(this), Clients.READ_BYTES);
            if (most > 0) {
                return read(current.fd(), most);
            }
            if (isHungUp && Sockets.unreadBytes(current.fd().intValue()) == 0) {
                end(); // which needs no credit
            }
            return false;
        } catch (IOException e) {
            fail();
            return false;
        }
    }

    private boolean read(Socket from, int most) throws IOException {
        ByteBuf scratch = clients.scratch();
        int bytes = ConnectedSocket.receive(from, scratch.memoryAddress(), 0, most);
        if (bytes < 0) {
            end();
            return false;
        }
        if (bytes > 0) {
            channels.send(this, scratch, 0, bytes);
        }
        isReadable = bytes > 0; // fewer than asked for may end at urgent data, behind which there is more
        return isReadable;
    }

    private void end() {
        channels.close(this, CloseHow.END_OF_STREAM);
        finish();
    }

    // To the client

    @Override
    void received(ByteBuf buffer, int index, int length) {
        if (socket() == null) {
            return;
        }
        if (!output.isPending()) {
            takenNanos = System.nanoTime();
        }
        output.append(buffer, index, length);
    }

    @Override
    void endedThere() {
        output.end();
        flush();
    }

    @Override
    public void onWritable() {
        output.unblock();
        flush();
        channels.pump();
    }

    @Override
    void flush() {
        EpollSocket current = socket();
        if (current == null || output.isBlocked()) {
            return;
        }
        long taken;
        try {
            taken = output.flush(current.fd());
        } catch (IOException e) {
            fail();
            return;
        }
        if (taken > 0) {
            takenNanos = System.nanoTime();
            channels.taken(this, taken);
        }
        finish();
    }

    // The end

    /** Both have closed, and the client has everything. */
    private void finish() {
        if (output.isEndSent() && isClosedHere) {
            shut();
        }
    }

    @Override
    void clientFailed() {
        clients.counters().resetsByClient++;
        shut();
    }

    /** Whether the client takes nothing of what is there for it, though nobody waits for it any more. */
    boolean isStuck(long nowNanos, long drainNanos) {
        return isFree && socket() != null && nowNanos - takenNanos >= drainNanos;
    }

    @Override
    void brokenOff() {
        EpollSocket current = socket();
        if (current != null) {
            current.resetAtClose();
        }
        shut();
    }

    @Override
    void release() {
        output.release();
    }
}
