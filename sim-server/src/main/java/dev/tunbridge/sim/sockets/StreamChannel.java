package dev.tunbridge.sim.sockets;

import dev.tunbridge.linux.Sockets;
import dev.tunbridge.protocol.message.Message.CloseHow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A client's TCP connection and its channel. What the client sends before the device has answered waits in its socket. */
final class StreamChannel extends ClientChannel implements SiteSocket.Owner {
    private static final int FIRST_BYTES = 4 * 1024;

    private final Clients clients;
    private final Channels channels;
    private @Nullable SiteSocket socket;

    // From the client.
    private boolean isReadable;
    private boolean isHungUp;

    // To the client; bounded by what was granted.
    private ByteBuf pending = Unpooled.EMPTY_BUFFER;
    private boolean isBlocked;
    private boolean isEndDue;
    private boolean isEndSent;
    private long takenNanos;

    StreamChannel(Clients clients, Channels channels, InetSocketAddress client, int devicePort) {
        super(client, devicePort);
        this.clients = clients;
        this.channels = channels;
    }

    /** @param accepted the channel's from now on */
    void start(Socket accepted) throws IOException {
        socket = SiteSocket.watch(clients.loop(), accepted, this);
        clients.began(this);
    }

    @Override
    boolean isTcp() {
        return true;
    }

    @Override
    void opened() {
        channels.ready(this);
    }

    // From the client

    @Override
    public void onReadable(boolean isHungUp) {
        isReadable = true;
        this.isHungUp |= isHungUp;
        channels.ready(this);
        channels.pump();
    }

    @Override
    boolean turn() {
        SiteSocket current = socket;
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
        int bytes = from.recvAddress(scratch.memoryAddress(), 0, most);
        if (bytes < 0) {
            end();
            return false;
        }
        if (bytes > 0) {
            channels.send(this, scratch, 0, bytes);
        }
        if (bytes < most && !isHungUp) {
            isReadable = false; // whatever comes now is told (epoll(7))
        }
        return isReadable;
    }

    private void end() {
        channels.close(this, CloseHow.END_OF_STREAM);
        finish();
    }

    // To the client

    @Override
    void received(ByteBuf buffer, int index, int length) {
        if (socket == null) {
            return;
        }
        if (pending.capacity() == 0) {
            pending = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(FIRST_BYTES, length));
        } else if (pending.writableBytes() < length) {
            pending.discardReadBytes();
        }
        if (!pending.isReadable()) {
            takenNanos = System.nanoTime();
        }
        pending.writeBytes(buffer, index, length);
    }

    @Override
    void endedThere() {
        isEndDue = true;
        flush();
    }

    @Override
    public void onWritable() {
        isBlocked = false;
        flush();
        channels.pump();
    }

    @Override
    void flush() {
        SiteSocket current = socket;
        if (current == null || isBlocked) {
            return;
        }
        long taken = 0;
        try {
            while (pending.isReadable() && !isBlocked) {
                int sent =
                        current.fd().sendAddress(pending.memoryAddress(), pending.readerIndex(), pending.writerIndex());
                taken += sent;
                pending.skipBytes(sent);
                isBlocked = sent == 0;
            }
            if (!pending.isReadable()) {
                releasePending();
                if (isEndDue && !isEndSent) {
                    isEndSent = true;
                    current.fd().shutdown(false, true);
                }
            }
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
        if (isEndSent && isClosedHere) {
            shut();
        }
    }

    @Override
    public void onFault() {
        SiteSocket current = socket;
        if (current != null && current.error() != 0) {
            fail();
            channels.pump();
        }
    }

    private void fail() {
        if (socket != null) {
            clients.counters().resetsByClient++;
            shut();
            channels.close(this, CloseHow.RESET);
        }
    }

    /** Whether the client takes nothing of what is there for it, though nobody waits for it any more. */
    boolean isStuck(long nowNanos, long drainNanos) {
        return isFree && socket != null && nowNanos - takenNanos >= drainNanos;
    }

    @Override
    void brokenOff() {
        SiteSocket current = socket;
        if (current != null) {
            socket = null;
            current.reset();
        }
        shut();
    }

    private void shut() {
        SiteSocket current = socket;
        if (current != null) {
            socket = null;
            current.close();
        }
        releasePending();
        clients.ended(this);
    }

    private void releasePending() {
        ByteBuf done = pending;
        pending = Unpooled.EMPTY_BUFFER;
        done.release();
    }
}
