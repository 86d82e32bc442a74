package dev.tunbridge.linux;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/** Bytes of a stream that its socket has not accepted yet, and a FIN behind them. Whoever appends bounds them. */
public class SocketOutput {
    private static final int FIRST_BYTES = 4 * 1024;

    private ByteBuf pending = Unpooled.EMPTY_BUFFER;
    private boolean isBlocked;
    private boolean isEndDue;
    private boolean isEndSent;

    /** Copies it. */
    public final void append(ByteBuf buffer, int index, int length) {
        if (pending.capacity() == 0) {
            pending = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(FIRST_BYTES, length));
        } else if (pending.writableBytes() < length) {
            pending.discardReadBytes();
        }
        pending.writeBytes(buffer, index, length);
    }

    /** Behind all this a FIN. */
    public final void end() {
        isEndDue = true;
    }

    /** The FIN is on its way. */
    public final boolean isEndSent() {
        return isEndSent;
    }

    /** The socket has room again. */
    public final void unblock() {
        isBlocked = false;
    }

    public final boolean isBlocked() {
        return isBlocked;
    }

    /** Something has not reached the socket. */
    public final boolean isPending() {
        return pending.isReadable();
    }

    /** As far as the socket takes it, which is the answer; nothing while it is blocked. */
    public long flush(Socket socket) throws IOException {
        long accepted = 0;
        while (pending.isReadable() && !isBlocked) {
            int sent =
                    ConnectedSocket.send(socket, pending.memoryAddress(), pending.readerIndex(), pending.writerIndex());
            accepted += sent;
            pending.skipBytes(sent);
            isBlocked = sent == 0;
        }
        if (!pending.isReadable()) {
            release();
            if (isEndDue && !isEndSent) {
                isEndSent = true;
                ConnectedSocket.endOutput(socket);
            }
        }
        return accepted;
    }

    /** Gives its memory back; what is pending is thrown away. */
    public final void release() {
        ByteBuf done = pending;
        pending = Unpooled.EMPTY_BUFFER;
        done.release();
    }
}
