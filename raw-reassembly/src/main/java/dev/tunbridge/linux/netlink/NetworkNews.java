package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;
import dev.tunbridge.linux.netlink.NetworkChange.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What rtnetlink announces of links, addresses, routes and rules of the network namespace in which it was opened
 * (rtnetlink(7)). It needs no privilege. Nothing here waits: the announcements lie in the socket until somebody looks, and
 * where too many came meanwhile the kernel says that it has lost some. They are hints; the state is what the kernel says when
 * asked. One thread at a time.
 *
 * <p>Routes that vanish because their interface went down are not announced (IPv4): the link is.
 */
public final class NetworkNews implements AutoCloseable {
    private static final int RTMGRP_LINK = 0x1;
    private static final int RTMGRP_IPV4_IFADDR = 0x10;
    private static final int RTMGRP_IPV4_ROUTE = 0x40;
    private static final int RTMGRP_IPV4_RULE = 0x80;
    private static final int RTMGRP_IPV6_IFADDR = 0x100;
    private static final int RTMGRP_IPV6_ROUTE = 0x400;

    /** RTNLGRP_IPV6_RULE is group 19, and group 1 the lowest bit. */
    private static final int RTMGRP_IPV6_RULE = 1 << 18;

    private static final int ALL = RTMGRP_LINK
            | RTMGRP_IPV4_IFADDR
            | RTMGRP_IPV4_ROUTE
            | RTMGRP_IPV4_RULE
            | RTMGRP_IPV6_IFADDR
            | RTMGRP_IPV6_ROUTE
            | RTMGRP_IPV6_RULE;

    /** More than the socket holds. A host that changes faster than this reads has lost something, as far as anybody can tell. */
    private static final int MOST_READS = 4096;

    private static final NetworkChange LOST = new NetworkChange.Lost();

    private final NetlinkSocket socket;

    private NetworkNews(NetlinkSocket socket) {
        this.socket = socket;
    }

    public static NetworkNews open() throws LinuxException {
        return new NetworkNews(NetlinkSocket.ofGroups(ALL, "links, addresses, routes and rules"));
    }

    /** Readable where something was announced. */
    public int descriptor() {
        return socket.descriptor();
    }

    /**
     * Tells of everything that was announced since the last time, in order. That something is lost is told last: the kernel says so at once, and
     * then hands out what it had queued before, which is older than what is lost.
     */
    public void drain(Consumer<NetworkChange> listener) throws LinuxException {
        boolean isLost = false;
        for (int reads = 0; reads < MOST_READS; reads++) {
            try {
                socket.read("reading the announcements of", "rtnetlink", (header, bytes, body, end) -> {
                    read(header.type(), bytes.slice(body, end - body).order(ByteOrder.nativeOrder()))
                            .ifPresent(listener);
                    return true;
                });
            } catch (LinuxException e) {
                if (e.errno().equals(Errno.EAGAIN)) {
                    if (isLost) {
                        listener.accept(LOST);
                    }
                    return;
                }
                if (!e.errno().equals(Errno.ENOBUFS) && !e.errno().equals(Errno.EIO)) {
                    throw e;
                }
                isLost = true;
            }
        }
        listener.accept(LOST);
    }

    /** Nothing for what is of no interest here: other families, what a bridge says of its ports. */
    static Optional<NetworkChange> read(int type, ByteBuffer body) {
        switch (type) {
            case LinkMessage.RTM_NEWLINK, LinkMessage.RTM_DELLINK -> {
                return LinkMessage.read(body)
                        .map(link -> new NetworkChange.LinkChange(kind(type, LinkMessage.RTM_DELLINK), link));
            }
            case AddressMessage.RTM_NEWADDR, AddressMessage.RTM_DELADDR -> {
                return AddressMessage.read(body)
                        .map(address ->
                                new NetworkChange.AddressChange(kind(type, AddressMessage.RTM_DELADDR), address));
            }
            case RouteMessage.RTM_NEWROUTE, RouteMessage.RTM_DELROUTE -> {
                return RouteMessage.read(body)
                        .map(route -> new NetworkChange.RouteChange(kind(type, RouteMessage.RTM_DELROUTE), route));
            }
            case RuleMessage.RTM_NEWRULE, RuleMessage.RTM_DELRULE -> {
                return RuleMessage.read(body)
                        .map(rule -> new NetworkChange.RuleChange(kind(type, RuleMessage.RTM_DELRULE), rule));
            }
            default -> {
                return Optional.empty();
            }
        }
    }

    private static Kind kind(int type, int gone) {
        return type == gone ? Kind.GONE : Kind.THERE;
    }

    @Override
    public void close() {
        socket.close();
    }
}
