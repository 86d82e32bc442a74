package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NetlinkSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel's TCP remembers of a peer from one connection to the next (ip-tcp_metrics(8)), in the network namespace in
 * which it was opened. Asking needs no privilege, forgetting CAP_NET_ADMIN. One thread at a time.
 *
 * <pre>
 *   struct genlmsghdr: u8 command (0) | u8 version (1) | u16 (2)
 *   controller:  CTRL_ATTR_FAMILY_NAME text ► CTRL_ATTR_FAMILY_ID u16
 *   tcp_metrics: ATTR_ADDR_IPV4 or _IPV6 address | ATTR_VALS { its number in enum tcp_metric_index, plus one: u32 }
 * </pre>
 *
 * include/uapi/linux/genetlink.h and tcp_metrics.h.
 */
public final class TcpMetrics implements AutoCloseable {
    private static final String FAMILY = "tcp_metrics";

    private static final int GENL_ID_CTRL = 16;
    private static final int CTRL_CMD_GETFAMILY = 3;
    private static final int CTRL_VERSION = 2;
    private static final int CTRL_ATTR_FAMILY_ID = 1;
    private static final int CTRL_ATTR_FAMILY_NAME = 2;

    private static final int VERSION = 1;
    private static final int CMD_GET = 1;
    private static final int CMD_DEL = 2;
    private static final int ATTR_ADDR_IPV4 = 1;
    private static final int ATTR_ADDR_IPV6 = 2;
    private static final int ATTR_VALS = 6;

    /** TCP_METRIC_REORDERING is 4, and the nested attributes begin at 1. */
    private static final int VALUE_REORDERING = 4 + 1;

    private static final int HEADER_BYTES = 4;

    private final RouteNetlink netlink;
    private final int family;

    private TcpMetrics(RouteNetlink netlink, int family) {
        this.netlink = netlink;
        this.family = family;
    }

    /** ENOENT where the kernel remembers nothing of any peer: its TCP was built without. */
    public static TcpMetrics open() throws LinuxException {
        return open(FAMILY);
    }

    static TcpMetrics open(String familyName) throws LinuxException {
        RouteNetlink netlink = RouteNetlink.open(NetlinkSocket.Family.GENERIC);
        try {
            return new TcpMetrics(netlink, familyNumber(netlink, familyName));
        } catch (LinuxException e) {
            netlink.close();
            throw e;
        }
    }

    private static int familyNumber(RouteNetlink netlink, String familyName) throws LinuxException {
        String operation = "netlink CTRL_CMD_GETFAMILY";
        NetlinkRequest request = new NetlinkRequest(GENL_ID_CTRL, NetlinkRequest.ACKNOWLEDGED)
                .bytes(CTRL_CMD_GETFAMILY, CTRL_VERSION, 0, 0)
                .attribute(CTRL_ATTR_FAMILY_NAME, familyName);
        int[] number = {0};
        try {
            netlink.dump(
                    request,
                    operation,
                    familyName,
                    body -> number[0] = attributes(body).u16(CTRL_ATTR_FAMILY_ID));
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ENOENT)) {
                throw e;
            }
        }
        if (number[0] == 0) {
            throw new LinuxException(operation, familyName, Errno.ENOENT, "this kernel has no such family");
        }
        return number[0];
    }

    /**
     * How far out of order segments to this peer have arrived, in segments, so that less is taken for order and not for loss;
     * nothing where the kernel remembers none. Of several own addresses that have spoken to it, the one of the latest connection.
     */
    public Optional<Integer> reordering(InetAddress peer) throws LinuxException {
        List<Integer> found = new ArrayList<>(1);
        try {
            netlink.dump(
                    request(CMD_GET, peer),
                    "netlink TCP_METRICS_CMD_GET",
                    peer.getHostAddress(),
                    body -> reordering(body).ifPresent(found::add));
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                throw e;
            }
        }
        return found.stream().findFirst();
    }

    static Optional<Integer> reordering(ByteBuffer body) {
        NetlinkAttributes values = attributes(body).nested(ATTR_VALS);
        return values.has(VALUE_REORDERING)
                ? Optional.of((int) values.unsigned(VALUE_REORDERING, 0))
                : Optional.empty();
    }

    /** Nothing of what was learnt of this peer counts any longer; that there is nothing is no fault. */
    public void forget(InetAddress peer) throws LinuxException {
        try {
            netlink.execute(request(CMD_DEL, peer), "netlink TCP_METRICS_CMD_DEL", peer.getHostAddress());
        } catch (LinuxException e) {
            if (!e.errno().equals(Errno.ESRCH)) {
                throw e;
            }
        }
    }

    private NetlinkRequest request(int command, InetAddress peer) {
        boolean isVersion4 = AddressFamily.of(peer) == AddressFamily.IPV4;
        return new NetlinkRequest(family, NetlinkRequest.ACKNOWLEDGED)
                .bytes(command, VERSION, 0, 0)
                .attribute(isVersion4 ? ATTR_ADDR_IPV4 : ATTR_ADDR_IPV6, peer);
    }

    private static NetlinkAttributes attributes(ByteBuffer body) {
        return new NetlinkAttributes(body, HEADER_BYTES, body.limit());
    }

    @Override
    public void close() {
        netlink.close();
    }
}
