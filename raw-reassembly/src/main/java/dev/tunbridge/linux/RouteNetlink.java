package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Asks rtnetlink of the network namespace in which it was opened; it may be used from any thread, one at a time. The
 * kernel works in the call that sends and has its answer ready after it, so nothing here waits for a message, though it
 * may wait for the lock of the kernel's network configuration.
 */
final class RouteNetlink implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int NETLINK_ROUTE = 0;

    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int TYPE_AT = 4;
    private static final int SEQUENCE_AT = 8;

    /** The kernel fills up to 32 KiB a read. */
    private static final int REPLY_BYTES = 32 * 1024;

    private final int fd;
    private final Memory memory = new Memory(REPLY_BYTES);
    private final ByteBuffer reply = memory.getByteBuffer(0, REPLY_BYTES).order(ByteOrder.nativeOrder());
    private int sequence;
    private boolean closed;

    private RouteNetlink(int fd) {
        this.fd = fd;
    }

    static RouteNetlink open() throws LinuxException {
        int fd = LibC.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw LinuxException.last("socket AF_NETLINK", "NETLINK_ROUTE");
        }
        return new RouteNetlink(fd);
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
        byte[] message = request.toBytes(++sequence);
        memory.write(0, message, 0, message.length);
        if (LibC.write(fd, memory, message.length) < 0) {
            throw LinuxException.last(operation, subject);
        }
        while (true) {
            int length = LibC.read(fd, memory, REPLY_BYTES);
            if (length < 0) {
                throw LinuxException.last(operation + ": reading the answer", subject);
            }
            if (takeReplies(length, operation, subject, consumer)) {
                return;
            }
        }
    }

    /** Answers whether the last message of the conversation was among them. */
    private boolean takeReplies(int length, String operation, String subject, Consumer<ByteBuffer> consumer)
            throws LinuxException {
        int at = 0;
        while (at + NetlinkRequest.HEADER_BYTES <= length) {
            int messageLength = reply.getInt(at);
            if (messageLength < NetlinkRequest.HEADER_BYTES || messageLength > length - at) {
                throw new LinuxException(operation + ": message of " + messageLength + " bytes", subject, Errno.EIO);
            }
            int type = reply.getShort(at + TYPE_AT) & 0xffff;
            // What is left of an earlier conversation that ended by a fault is nobody's answer.
            if (reply.getInt(at + SEQUENCE_AT) == sequence) {
                if (type == NLMSG_DONE) {
                    return true;
                }
                if (type == NLMSG_ERROR) {
                    int error = reply.getInt(at + NetlinkRequest.HEADER_BYTES);
                    if (error != 0) {
                        throw new LinuxException(operation, subject, new Errno(-error));
                    }
                    return true;
                }
                int body = at + NetlinkRequest.HEADER_BYTES;
                consumer.accept(reply.slice(body, at + messageLength - body).order(ByteOrder.nativeOrder()));
            }
            at += (messageLength + 3) & ~3;
        }
        return false;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(fd);
        }
    }
}
