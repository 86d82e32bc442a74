package dev.tunbridge.linux;

/** Integer socket options by level and number, from asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h and linux/if_packet.h. */
public enum SocketOption {
    SO_REUSEADDR(1, 2),
    /** Reading it clears it. */
    SO_ERROR(1, 4),
    SO_SNDBUF(1, 7),
    SO_RCVBUF(1, 8),
    SO_KEEPALIVE(1, 9),
    SO_OOBINLINE(1, 10),
    SO_SNDBUFFORCE(1, 32),
    SO_RCVBUFFORCE(1, 33),
    SO_MARK(1, 36),
    /** Bytes per second; all ones for no limit. */
    SO_MAX_PACING_RATE(1, 47),
    IP_TOS(0, 1),
    IP_TTL(0, 2),
    IP_MTU_DISCOVER(0, 10),
    /** Any address may be one's own, with CAP_NET_RAW or CAP_NET_ADMIN. */
    IP_TRANSPARENT(0, 19),
    /** Each datagram is told where it was sent to ({@link DatagramReader}). */
    IP_RECVORIGDSTADDR(0, 20),
    /** The port of a bound address is chosen when the socket connects (4.2). */
    IP_BIND_ADDRESS_NO_PORT(0, 24),
    IPV6_UNICAST_HOPS(41, 16),
    IPV6_TCLASS(41, 67),
    IPV6_RECVORIGDSTADDR(41, 74),
    IPV6_TRANSPARENT(41, 75),
    TCP_NODELAY(6, 1),
    TCP_MAXSEG(6, 2),
    TCP_KEEPIDLE(6, 4),
    TCP_KEEPINTVL(6, 5),
    TCP_KEEPCNT(6, 6),
    TCP_QUICKACK(6, 12),
    TCP_USER_TIMEOUT(6, 18),
    /** Needs CAP_NET_ADMIN. */
    TCP_REPAIR(6, 19),
    TCP_TIMESTAMP(6, 24),
    TCP_NOTSENT_LOWAT(6, 25),
    /** Linux 6.15 and later. */
    TCP_RTO_MAX_MS(6, 44),
    /** Not zero: a packet too long for its slot of the ring is queued whole beside it. */
    PACKET_COPY_THRESH(263, 7),
    PACKET_VERSION(263, 10),
    /** Linux 4.20 and later. */
    PACKET_IGNORE_OUTGOING(263, 23);

    final int level;
    final int number;

    SocketOption(int level, int number) {
        this.level = level;
        this.number = number;
    }
}
