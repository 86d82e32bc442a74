package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A socket to rtnetlink of the network namespace in which it was opened (netlink(7)). Nothing here waits. One thread at a
 * time, but {@link #close} from any.
 *
 * <pre>
 *   struct sockaddr_nl: u16 family (0) | u16 (2) | u32 port (4) | u32 groups (8)
 * </pre>
 */
final class NetlinkSocket implements AutoCloseable {
    /** Takes the messages of a read one by one. */
    @FunctionalInterface
    interface MessageConsumer {
        /**
         * Takes one message.
         *
         * @param bytes what was read; valid during the call
         * @param body where the message's body begins, behind its header
         * @param end behind the body
         * @return whether to go on
         */
        boolean accept(Header header, ByteBuffer bytes, int body, int end) throws LinuxException;
    }

    /** What the header of a message says, of what is read here. */
    record Header(int type, int sequence) {}

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
    private static final int NETLINK_ROUTE = 0;
    private static final int ADDRESS_BYTES = 12;
    private static final int GROUPS_AT = 8;

    private static final int TYPE_AT = 4;
    private static final int SEQUENCE_AT = 8;

    /** The kernel fills up to 32 KiB a read. */
    private static final int READ_BYTES = 32 * 1024;

    private final int fd;
    private final Memory memory = new Memory(READ_BYTES);
    private final ByteBuffer bytes = memory.getByteBuffer(0, READ_BYTES).order(ByteOrder.nativeOrder());
    private boolean closed;

    private NetlinkSocket(int fd) {
        this.fd = fd;
    }

    /** For questions and their answers. */
    static NetlinkSocket open() throws LinuxException {
        int fd = LibC.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw LinuxException.last("socket AF_NETLINK", "NETLINK_ROUTE");
        }
        return new NetlinkSocket(fd);
    }

    /** For announcements; {@code name} names the groups where the kernel refuses. */
    static NetlinkSocket ofGroups(int groups, String name) throws LinuxException {
        NetlinkSocket socket = open();
        Memory address = new Memory(ADDRESS_BYTES);
        address.clear();
        address.setShort(0, (short) AF_NETLINK);
        address.setInt(GROUPS_AT, groups);
        if (LibC.bind(socket.fd, address, ADDRESS_BYTES) < 0) {
            LinuxException fault = LinuxException.last("bind AF_NETLINK", name);
            socket.close();
            throw fault;
        }
        return socket;
    }

    /** Sends one message; {@code operation} and {@code subject} name it where the kernel refuses. */
    void send(byte[] message, String operation, String subject) throws LinuxException {
        memory.write(0, message, 0, message.length);
        if (LibC.write(fd, memory, message.length) < 0) {
            throw LinuxException.last(operation, subject);
        }
    }

    /**
     * Reads once, and hands out what came, message by message, until the consumer has enough.
     *
     * @return whether the consumer wants more
     * @throws LinuxException also with EAGAIN where nothing is there, and EIO for a message that is none
     */
    boolean read(String operation, String subject, MessageConsumer consumer) throws LinuxException {
        int length = LibC.read(fd, memory, READ_BYTES);
        if (length < 0) {
            throw LinuxException.last(operation, subject);
        }
        int at = 0;
        while (at + NetlinkRequest.HEADER_BYTES <= length) {
            int messageLength = bytes.getInt(at);
            if (messageLength < NetlinkRequest.HEADER_BYTES || messageLength > length - at) {
                throw new LinuxException(operation + ": message of " + messageLength + " bytes", subject, Errno.EIO);
            }
            Header header = new Header(bytes.getShort(at + TYPE_AT) & 0xffff, bytes.getInt(at + SEQUENCE_AT));
            if (!consumer.accept(header, bytes, at + NetlinkRequest.HEADER_BYTES, at + messageLength)) {
                return false;
            }
            at += (messageLength + 3) & ~3;
        }
        return true;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(fd);
        }
    }
}
