package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A socket to netlink of the network namespace in which it was opened (netlink(7)). Nothing here waits. One thread at a
 * time, but {@link #close} from any.
 *
 * <pre>
 *   struct sockaddr_nl: u16 family (0) | u16 (2) | u32 port (4) | u32 groups (8)
 * </pre>
 */
public final class NetlinkSocket implements AutoCloseable {
    /** Takes the messages of a read one by one. */
    @FunctionalInterface
    public interface MessageConsumer {
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

    /** Which part of the kernel is spoken to. */
    public enum Family {
        /** Interfaces, addresses, routes, rules, queueing disciplines. */
        ROUTE(0),
        /** Packet filter: nftables, connection tracking. */
        NETFILTER(12),
        /** Families that have a name and no number of their own (genetlink). */
        GENERIC(16);

        private final int number;

        Family(int number) {
            this.number = number;
        }
    }

    /** What the header of a message says, of what is read here. */
    public record Header(int type, int flags, int sequence) {}

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
    private static final int SOL_NETLINK = 270;

    /** An answer to a fault repeats the question's header alone (4.2) ... */
    private static final int NETLINK_CAP_ACK = 10;

    /** ... and says in words what was wrong (4.12). */
    private static final int NETLINK_EXT_ACK = 11;

    /** A list holds what was asked for alone (4.20); before, the kernel sends everything. */
    private static final int NETLINK_GET_STRICT_CHK = 12;

    private static final int HEADER_BYTES = 16;
    private static final int ADDRESS_BYTES = 12;
    private static final int GROUPS_AT = 8;

    private static final int TYPE_AT = 4;
    private static final int FLAGS_AT = 6;
    private static final int SEQUENCE_AT = 8;

    /** The kernel fills up to 32 KiB a read; no more is sent at once. */
    public static final int MOST_BYTES = 32 * 1024;

    private final int fd;
    private final Memory memory = new Memory(MOST_BYTES);
    private final ByteBuffer bytes = memory.getByteBuffer(0, MOST_BYTES).order(ByteOrder.nativeOrder());
    private boolean closed;

    private NetlinkSocket(int fd) {
        this.fd = fd;
    }

    /** For questions and their answers. */
    public static NetlinkSocket open(Family family) throws LinuxException {
        int fd = LibC.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, family.number);
        if (fd < 0) {
            throw LinuxException.last("socket AF_NETLINK", "NETLINK_" + family);
        }
        return new NetlinkSocket(fd);
    }

    /** Asks for short answers, faults in words, and lists that hold what was asked for; older kernels do without. */
    public void answerPrecisely() {
        Memory on = new Memory(Integer.BYTES);
        on.setInt(0, 1);
        for (int option : new int[] {NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK}) {
            LibC.setsockopt(fd, SOL_NETLINK, option, on, Integer.BYTES);
        }
    }

    /** Readable where something was announced; stays this socket's. */
    public int descriptor() {
        return fd;
    }

    /** For announcements; {@code name} names the groups where the kernel refuses. */
    public static NetlinkSocket ofGroups(int groups, String name) throws LinuxException {
        NetlinkSocket socket = open(Family.ROUTE);
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

    /** Sends one message, or several of a transaction; {@code operation} and {@code subject} name it where the kernel refuses. */
    public void send(byte[] message, String operation, String subject) throws LinuxException {
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
    public boolean read(String operation, String subject, MessageConsumer consumer) throws LinuxException {
        int length = LibC.read(fd, memory, MOST_BYTES);
        if (length < 0) {
            throw LinuxException.last(operation, subject);
        }
        int at = 0;
        while (at + HEADER_BYTES <= length) {
            int messageLength = bytes.getInt(at);
            if (messageLength < HEADER_BYTES || messageLength > length - at) {
                throw new LinuxException(operation + ": message of " + messageLength + " bytes", subject, Errno.EIO);
            }
            Header header = new Header(
                    bytes.getShort(at + TYPE_AT) & 0xffff,
                    bytes.getShort(at + FLAGS_AT) & 0xffff,
                    bytes.getInt(at + SEQUENCE_AT));
            if (!consumer.accept(header, bytes, at + HEADER_BYTES, at + messageLength)) {
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
