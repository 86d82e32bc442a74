package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What rtnetlink announces of the interfaces of the network namespace in which it was opened (rtnetlink(7)). It needs no
 * privilege. Nothing here waits: the announcements lie in the socket until somebody looks, and where too many came
 * meanwhile the kernel says that it has lost some. They are hints; the state is what the kernel says when asked. One
 * thread at a time.
 *
 * <pre>
 *   struct sockaddr_nl: u16 family (0) | u16 (2) | u32 port (4) | u32 groups (8)
 *   struct ifinfomsg:   u8 family (0) | u16 type (2) | s32 interface (4) | u32 flags (8) | u32 change (12)
 * </pre>
 */
public final class LinkChanges implements AutoCloseable {
    /** Hears of each change, in order. */
    public interface Listener {
        /** An interface is there: new, changed, or as it was. */
        void onInterface(int interfaceIndex, boolean isUp);

        /** Some changes were lost: anything may have happened. */
        void onLost();
    }

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
    private static final int NETLINK_ROUTE = 0;
    private static final int ADDRESS_BYTES = 12;
    private static final int GROUPS_AT = 8;
    private static final int RTMGRP_LINK = 1;

    private static final int RTM_NEWLINK = 16;
    private static final int TYPE_AT = 4;
    private static final int INTERFACE_AT = 4;
    private static final int FLAGS_AT = 8;
    private static final int MESSAGE_BYTES = 16;
    private static final int IFF_UP = 0x1;

    /** An announcement takes one to two KiB; the kernel cuts what does not fit. */
    private static final int READ_BYTES = 32 * 1024;

    /** More than the socket holds. A host that changes faster than this reads has lost something, as far as anybody can tell. */
    private static final int MOST_READS = 4096;

    private final int fd;
    private final Memory memory = new Memory(READ_BYTES);
    private final ByteBuffer bytes = memory.getByteBuffer(0, READ_BYTES).order(ByteOrder.nativeOrder());
    private boolean closed;

    private LinkChanges(int fd) {
        this.fd = fd;
    }

    public static LinkChanges open() throws LinuxException {
        int fd = LibC.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw LinuxException.last("socket AF_NETLINK", "NETLINK_ROUTE");
        }
        Memory address = new Memory(ADDRESS_BYTES);
        address.clear();
        address.setShort(0, (short) AF_NETLINK);
        address.setInt(GROUPS_AT, RTMGRP_LINK);
        if (LibC.bind(fd, address, ADDRESS_BYTES) < 0) {
            LinuxException fault = LinuxException.last("bind AF_NETLINK", "RTMGRP_LINK");
            Descriptors.close(fd);
            throw fault;
        }
        return new LinkChanges(fd);
    }

    /** Tells of everything that was announced since the last time. */
    public void drain(Listener listener) throws LinuxException {
        for (int reads = 0; reads < MOST_READS; reads++) {
            int length = LibC.read(fd, memory, READ_BYTES);
            if (length >= 0) {
                take(length, listener);
                continue;
            }
            Errno errno = new Errno(Native.getLastError());
            if (errno.equals(Errno.EAGAIN)) {
                return;
            }
            if (!errno.equals(Errno.ENOBUFS)) {
                throw new LinuxException("reading the announcements of", "RTMGRP_LINK", errno);
            }
            listener.onLost();
        }
        listener.onLost();
    }

    private void take(int length, Listener listener) {
        int at = 0;
        while (at + NetlinkRequest.HEADER_BYTES <= length) {
            int messageLength = bytes.getInt(at);
            if (messageLength < NetlinkRequest.HEADER_BYTES || messageLength > length - at) {
                listener.onLost();
                return;
            }
            int type = bytes.getShort(at + TYPE_AT) & 0xffff;
            if (type == RTM_NEWLINK && messageLength >= NetlinkRequest.HEADER_BYTES + MESSAGE_BYTES) {
                int body = at + NetlinkRequest.HEADER_BYTES;
                listener.onInterface(bytes.getInt(body + INTERFACE_AT), (bytes.getInt(body + FLAGS_AT) & IFF_UP) != 0);
            }
            at += (messageLength + 3) & ~3;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(fd);
        }
    }
}
