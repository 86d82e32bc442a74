package dev.tunbridge.linux;

/**
 * What rtnetlink announces of the interfaces of the network namespace in which it was opened (rtnetlink(7)). It needs no
 * privilege. Nothing here waits: the announcements lie in the socket until somebody looks, and where too many came
 * meanwhile the kernel says that it has lost some. They are hints; the state is what the kernel says when asked. One
 * thread at a time.
 *
 * <pre>
 *   struct ifinfomsg: u8 family (0) | u16 type (2) | s32 interface (4) | u32 flags (8) | u32 change (12)
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

    private static final int RTMGRP_LINK = 1;

    private static final int RTM_NEWLINK = 16;
    private static final int INTERFACE_AT = 4;
    private static final int FLAGS_AT = 8;
    private static final int MESSAGE_BYTES = 16;
    private static final int IFF_UP = 0x1;

    /** More than the socket holds. A host that changes faster than this reads has lost something, as far as anybody can tell. */
    private static final int MOST_READS = 4096;

    private final NetlinkSocket socket;

    private LinkChanges(NetlinkSocket socket) {
        this.socket = socket;
    }

    public static LinkChanges open() throws LinuxException {
        return new LinkChanges(NetlinkSocket.ofGroups(RTMGRP_LINK, "RTMGRP_LINK"));
    }

    /** Tells of everything that was announced since the last time. */
    public void drain(Listener listener) throws LinuxException {
        for (int reads = 0; reads < MOST_READS; reads++) {
            try {
                socket.read("reading the announcements of", "RTMGRP_LINK", (header, bytes, body, end) -> {
                    if (header.type() == RTM_NEWLINK && end - body >= MESSAGE_BYTES) {
                        listener.onInterface(
                                bytes.getInt(body + INTERFACE_AT), (bytes.getInt(body + FLAGS_AT) & IFF_UP) != 0);
                    }
                    return true;
                });
            } catch (LinuxException e) {
                if (e.errno().equals(Errno.EAGAIN)) {
                    return;
                }
                if (!e.errno().equals(Errno.ENOBUFS) && !e.errno().equals(Errno.EIO)) {
                    throw e;
                }
                listener.onLost();
            }
        }
        listener.onLost();
    }

    @Override
    public void close() {
        socket.close();
    }
}
