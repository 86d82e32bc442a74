package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What rtnetlink announces of interfaces and routes of the network namespace in which it was opened (rtnetlink(7)). It
 * needs no privilege. Nothing here waits: the announcements lie in the socket until somebody looks, and where too many
 * came meanwhile the kernel says that it has lost some. One thread at a time.
 *
 * <pre>
 *   struct sockaddr_nl: u16 family (0) | u16 (2) | u32 port (4) | u32 groups (8)
 *   struct ifinfomsg:   u8 family (0) | u16 type (2) | s32 interface (4) | u32 flags (8) | u32 change (12)
 *   struct rtmsg:       u8 family, dst_len, src_len, tos, table (4), protocol (5), scope, type (7) | u32 flags (8)
 * </pre>
 */
public final class NetworkChanges implements AutoCloseable {
    /** Hears of each change, in order. */
    public interface Listener {
        /** An interface is there, with these flags; it may be new, changed, or as it was. */
        void onInterface(int interfaceIndex, boolean isUp, boolean isRunning);

        /** An interface is gone. */
        void onInterfaceGone(int interfaceIndex);

        /**
         * A route was made, changed or removed.
         *
         * @param protocol who made it, of {@code rt_protos}
         * @param interfaceIndex where it leads, 0 where it names no interface, or several
         */
        void onRoute(int protocol, int interfaceIndex);

        /** Some changes were lost: anything may have happened. */
        void onLost();
    }

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
    private static final int NETLINK_ROUTE = 0;
    private static final int ADDRESS_BYTES = 12;
    private static final int GROUPS_AT = 8;

    /** RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE. */
    private static final int GROUPS = 0x1 | 0x40 | 0x400;

    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_DELROUTE = 25;

    private static final int TYPE_AT = 4;
    private static final int INTERFACE_AT = 4;
    private static final int FLAGS_AT = 8;
    private static final int LINK_MESSAGE_BYTES = 16;
    private static final int ROUTE_MESSAGE_BYTES = 12;
    private static final int ROUTE_TABLE_AT = 4;
    private static final int ROUTE_PROTOCOL_AT = 5;
    private static final int RT_TABLE_LOCAL = 255;
    private static final int RTA_OIF = 4;
    private static final int IFF_UP = 0x1;
    private static final int IFF_RUNNING = 0x40;

    /** A link's announcement takes one to two KiB; the kernel cuts what does not fit. */
    private static final int READ_BYTES = 32 * 1024;

    private final int fd;
    private final Memory memory = new Memory(READ_BYTES);
    private final ByteBuffer bytes = memory.getByteBuffer(0, READ_BYTES).order(ByteOrder.nativeOrder());
    private boolean closed;

    private NetworkChanges(int fd) {
        this.fd = fd;
    }

    public static NetworkChanges open() throws LinuxException {
        int fd = LibC.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw LinuxException.last("socket AF_NETLINK", "NETLINK_ROUTE");
        }
        Memory address = new Memory(ADDRESS_BYTES);
        address.clear();
        address.setShort(0, (short) AF_NETLINK);
        address.setInt(GROUPS_AT, GROUPS);
        if (LibC.bind(fd, address, ADDRESS_BYTES) < 0) {
            LinuxException fault = LinuxException.last("bind AF_NETLINK", "to links and routes");
            Descriptors.close(fd);
            throw fault;
        }
        return new NetworkChanges(fd);
    }

    /** Tells of everything that was announced since the last time. */
    public void drain(Listener listener) throws LinuxException {
        while (true) {
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
                throw new LinuxException("reading the announcements of", "NETLINK_ROUTE", errno);
            }
            listener.onLost();
        }
    }

    private void take(int length, Listener listener) {
        int at = 0;
        while (at + NetlinkRequest.HEADER_BYTES <= length) {
            int messageLength = bytes.getInt(at);
            if (messageLength < NetlinkRequest.HEADER_BYTES || messageLength > length - at) {
                listener.onLost();
                return;
            }
            int body = at + NetlinkRequest.HEADER_BYTES;
            announce(bytes.getShort(at + TYPE_AT) & 0xffff, body, at + messageLength, listener);
            at += (messageLength + 3) & ~3;
        }
    }

    private void announce(int type, int body, int end, Listener listener) {
        boolean isLink = type == RTM_NEWLINK || type == RTM_DELLINK;
        boolean isRoute = type == RTM_NEWROUTE || type == RTM_DELROUTE;
        if (isLink && end - body >= LINK_MESSAGE_BYTES) {
            int index = bytes.getInt(body + INTERFACE_AT);
            int flags = bytes.getInt(body + FLAGS_AT);
            if (type == RTM_DELLINK) {
                listener.onInterfaceGone(index);
            } else {
                listener.onInterface(index, (flags & IFF_UP) != 0, (flags & IFF_RUNNING) != 0);
            }
        } else if (isRoute && end - body >= ROUTE_MESSAGE_BYTES) {
            // The kernel's own table of local addresses is no way to anywhere.
            if ((bytes.get(body + ROUTE_TABLE_AT) & 0xff) != RT_TABLE_LOCAL) {
                NetlinkAttributes attributes = new NetlinkAttributes(bytes, body + ROUTE_MESSAGE_BYTES, end);
                listener.onRoute(bytes.get(body + ROUTE_PROTOCOL_AT) & 0xff, (int) attributes.unsigned(RTA_OIF, 0));
            }
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
