package dev.tunbridge.linux;

import com.sun.jna.Memory;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * Takes back one doubling of a connection's retransmission timeout (RFC 6069, {@code tcp_ld_RTO_revert} in
 * net/ipv4/tcp_ipv4.c, net/ipv6/tcp_ipv6.c): tells the kernel that the peer cannot be reached, as a router without a way
 * to it does. Where the shorter timeout is over already, the kernel sends the first unacknowledged segment again at
 * once. Such a report is a soft error (RFC 1122 section 4.2.3.9): it ends nothing, but a connection that ends by its user
 * timeout thereafter ends with EHOSTUNREACH instead of ETIMEDOUT.
 *
 * <p>The report is an ICMP message from this host to itself. It must not leave it, for it tells a sequence number: so it is
 * sent from the address that it goes to, which fails where this host does not have that any more, and for no hop. It
 * needs CAP_NET_RAW, in the network namespace of the calling thread, which is the connection's.
 *
 * <pre>
 *   ICMP    type 3, code 1 (host unreachable) | checksum | 0 | IPv4 header | source and destination port | sequence number
 *   ICMPv6  type 1, code 0 (no route)         | checksum | 0 | IPv6 header | source and destination port | sequence number
 * </pre>
 */
public final class BackoffReversion {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
    private static final int IPPROTO_ICMP = 1;
    private static final int IPPROTO_ICMPV6 = 58;

    private static final int REPORT_BYTES = 8;
    private static final int V4_HEADER_BYTES = 20;
    private static final int V6_HEADER_BYTES = 40;
    /** As much of a TCP header as every report carries (RFC 792). */
    private static final int TCP_BYTES = 8;

    private static final int HOST_UNREACHABLE = 0x0301;
    private static final int NO_ROUTE = 0x0100;

    private static final int V4_ADDRESS_BYTES = 16;
    private static final int V6_ADDRESS_BYTES = 28;

    private BackoffReversion() {}

    /**
     * Reports once. The kernel heeds it where the connection retransmits with a doubled timeout and the number is that of
     * its first unacknowledged byte; else nothing happens.
     *
     * @throws LinuxException EPERM without CAP_NET_RAW, EADDRNOTAVAIL where the local address has gone
     */
    public static void report(InetSocketAddress local, InetSocketAddress peer, int sequenceNumber)
            throws LinuxException {
        boolean isVersion4 = local.getAddress() instanceof Inet4Address;
        int fd = isVersion4
                ? LibC.socket(AF_INET, SOCK_RAW_NONBLOCK_CLOEXEC, IPPROTO_ICMP)
                : LibC.socket(AF_INET6, SOCK_RAW_NONBLOCK_CLOEXEC, IPPROTO_ICMPV6);
        if (fd < 0) {
            throw LinuxException.last("socket of ICMP", "(needs CAP_NET_RAW)");
        }
        try {
            byte[] report = isVersion4 ? v4(local, peer, sequenceNumber) : v6(local, peer, sequenceNumber);
            Memory message = new Memory(report.length);
            message.write(0, report, 0, report.length);
            Memory to = address(local.getAddress());
            if (LibC.bind(fd, to, (int) to.size()) < 0) {
                throw LinuxException.last("bind of ICMP to", local.getAddress().getHostAddress());
            }
            Sockets.set(fd, isVersion4 ? SocketOption.IP_TTL : SocketOption.IPV6_UNICAST_HOPS, 1);
            if (LibC.sendto(fd, message, report.length, 0, to, (int) to.size()) < 0) {
                throw LinuxException.last("sendto of ICMP", local.getAddress().getHostAddress());
            }
        } finally {
            Descriptors.close(fd);
        }
    }

    private static byte[] v4(InetSocketAddress local, InetSocketAddress peer, int sequenceNumber) {
        int quotedBytes = V4_HEADER_BYTES + TCP_BYTES;
        byte[] bytes = new byte[REPORT_BYTES + quotedBytes];
        ByteBuffer report = ByteBuffer.wrap(bytes);
        report.putShort((short) HOST_UNREACHABLE).putShort((short) 0).putInt(0);
        report.put((byte) 0x45).put((byte) 0).putShort((short) quotedBytes).putInt(0);
        report.put((byte) 64).put((byte) Sockets.IPPROTO_TCP).putShort((short) 0);
        report.put(local.getAddress().getAddress()).put(peer.getAddress().getAddress());
        tcp(report, local, peer, sequenceNumber);
        report.putShort(2, checksum(report));
        return bytes;
    }

    /** Its checksum covers addresses that the kernel chooses, so the kernel computes it (RFC 3542 section 3.1). */
    private static byte[] v6(InetSocketAddress local, InetSocketAddress peer, int sequenceNumber) {
        byte[] bytes = new byte[REPORT_BYTES + V6_HEADER_BYTES + TCP_BYTES];
        ByteBuffer report = ByteBuffer.wrap(bytes);
        report.putShort((short) NO_ROUTE).putShort((short) 0).putInt(0);
        report.putInt(0x6000_0000).putShort((short) TCP_BYTES);
        report.put((byte) Sockets.IPPROTO_TCP).put((byte) 64);
        report.put(local.getAddress().getAddress()).put(peer.getAddress().getAddress());
        tcp(report, local, peer, sequenceNumber);
        return bytes;
    }

    private static void tcp(ByteBuffer report, InetSocketAddress local, InetSocketAddress peer, int sequenceNumber) {
        report.putShort((short) local.getPort())
                .putShort((short) peer.getPort())
                .putInt(sequenceNumber);
    }

    private static short checksum(ByteBuffer message) {
        long sum = 0;
        for (int at = 0; at < message.capacity(); at += Short.BYTES) {
            sum += Short.toUnsignedInt(message.getShort(at));
        }
        while (sum >>> Short.SIZE != 0) {
            sum = (sum & 0xffff) + (sum >>> Short.SIZE);
        }
        return (short) ~sum;
    }

    /** {@code struct sockaddr_in} or {@code sockaddr_in6}, without a port. */
    private static Memory address(InetAddress to) {
        boolean isVersion4 = to instanceof Inet4Address;
        Memory address = new Memory(isVersion4 ? V4_ADDRESS_BYTES : V6_ADDRESS_BYTES);
        address.clear();
        address.setShort(0, (short) (isVersion4 ? AF_INET : AF_INET6));
        byte[] bytes = to.getAddress();
        address.write(isVersion4 ? 4 : 8, bytes, 0, bytes.length);
        if (to instanceof Inet6Address scoped) {
            address.setInt(24, scoped.getScopeId());
        }
        return address;
    }
}
