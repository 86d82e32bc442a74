package dev.tunbridge.bridge.local;

import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.SocketOutput;
import dev.tunbridge.linux.Sockets;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** The bytes on their way to a service: those that its socket has not accepted yet, and how many of the others its TCP has acknowledged. */
final class ServiceOutput extends SocketOutput {
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A service that takes nothing for so long is asked less often, and not much later told to go on. */
    private static final long MOST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(32);

    private long acceptedBytes;
    private long takenBytes;
    /** What the relay knows nothing of: a header in front. */
    private long ownBytes;

    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long lookNanos;

    /** Copies what stands in front of all that the relay writes, and counts for nothing there. */
    void appendOwn(ByteBuf buffer) {
        ownBytes = buffer.readableBytes();
        append(buffer, buffer.readerIndex(), buffer.readableBytes());
    }

    @Override
    public long flush(Socket socket) throws IOException {
        long accepted = super.flush(socket);
        acceptedBytes += accepted;
        return accepted;
    }

    /** Asks what the service has taken; how many bytes of the relay's these are since the last time. */
    long look(Socket socket) {
        long before = takenBytes;
        takenBytes = Math.max(takenBytes, acceptedBytes - unacknowledgedBytes(socket));
        long own = Math.min(ownBytes, takenBytes - before);
        ownBytes -= own;
        return takenBytes - before - own;
    }

    /** A FIN that is not acknowledged counts as one byte. */
    private long unacknowledgedBytes(Socket socket) {
        try {
            int bytes = Sockets.unackedBytes(socket.intValue());
            return isEndSent() ? Math.max(0, bytes - 1) : bytes;
        } catch (LinuxException e) {
            return acceptedBytes - takenBytes; // nothing is known
        }
    }

    /** Something was accepted, or is to be, that is not taken yet. */
    boolean isOutstanding() {
        return acceptedBytes > takenBytes || isPending();
    }

    /** When to ask again. */
    long lookNanos() {
        return lookNanos;
    }

    /** Asked and written to now: again soon. */
    void lookSoon(long nowNanos) {
        pauseNanos = FIRST_PAUSE_NANOS;
        lookNanos = nowNanos + pauseNanos;
    }

    /** Asked, and nothing was taken: later and later. */
    void lookLater(long nowNanos) {
        pauseNanos = Math.min(2 * pauseNanos, MOST_PAUSE_NANOS);
        lookNanos = nowNanos + pauseNanos;
    }
}
