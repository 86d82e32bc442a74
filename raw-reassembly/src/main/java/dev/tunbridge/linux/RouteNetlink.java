package dev.tunbridge.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Asks rtnetlink of the network namespace in which it was opened; it may be used from any thread, one at a time. The
 * kernel works in the call that sends and has its answer ready after it, so nothing here waits for a message, though it
 * may wait for the lock of the kernel's network configuration.
 */
final class RouteNetlink implements AutoCloseable {
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;

    private final NetlinkSocket socket;
    private int sequence;

    private RouteNetlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    static RouteNetlink open() throws LinuxException {
        return new RouteNetlink(NetlinkSocket.open());
    }

    /** Has one thing done; {@code operation} and {@code subject} name it where the kernel refuses. */
    void execute(NetlinkRequest request, String operation, String subject) throws LinuxException {
        converse(request, operation, subject, message -> {});
    }

    /** Asks for a list; the consumer sees the body of each message, behind its header, and keeps none of it. */
    void dump(NetlinkRequest request, String operation, String subject, Consumer<ByteBuffer> consumer)
            throws LinuxException {
        converse(request, operation, subject, consumer);
    }

    private void converse(NetlinkRequest request, String operation, String subject, Consumer<ByteBuffer> consumer)
            throws LinuxException {
        socket.send(request.toBytes(++sequence), operation, subject);
        boolean isAnswered = false;
        while (!isAnswered) {
            isAnswered = !socket.read(operation + ": reading the answer", subject, (header, bytes, body, end) -> {
                // What is left of an earlier conversation that ended by a fault is nobody's answer.
                if (header.sequence() != sequence) {
                    return true;
                }
                if (header.type() == NLMSG_ERROR) {
                    refuse(bytes.getInt(body), operation, subject);
                    return false;
                }
                if (header.type() == NLMSG_DONE) {
                    return false;
                }
                consumer.accept(bytes.slice(body, end - body).order(ByteOrder.nativeOrder()));
                return true;
            });
        }
    }

    /** Zero is an acknowledgement. */
    private static void refuse(int error, String operation, String subject) throws LinuxException {
        if (error != 0) {
            throw new LinuxException(operation, subject, new Errno(-error));
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
