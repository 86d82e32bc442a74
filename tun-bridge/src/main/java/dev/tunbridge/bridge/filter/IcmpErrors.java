package dev.tunbridge.bridge.filter;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;

/**
 * Tells a local sender why its packet cannot go: the ICMP error that a router would send (RFC 792, RFC 1191, RFC 4443),
 * from the tunnel's other end. Limited in rate, and never about ICMP errors or later fragments (RFC 1812, 4.3.2.7).
 *
 * <pre>
 *   IPv4 header (20) or IPv6 header (40) | type | code | checksum(2) | unused, or MTU (4) | the packet, cut off
 * </pre>
 */
public final class IcmpErrors {
    private static final int IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int ICMP_HEADER_BYTES = 8;

    /** RFC 1812 asks for as much as fits 576 bytes, RFC 4443 for as much as fits 1280. */
    private static final int MAX_IPV4_ERROR_BYTES = 576;

    private static final int MAX_IPV6_ERROR_BYTES = 1280;

    /** As Linux by default limits itself per destination, roughly (icmp_ratelimit): a hundred a second, in bursts. */
    private static final long INTERVAL_NANOS = 10_000_000;

    private static final int BURST = 50;

    private final TunDevice device;
    private final byte[] source;
    private final int mtu;
    private final ByteBuf scratch = Unpooled.directBuffer(MAX_IPV6_ERROR_BYTES, MAX_IPV6_ERROR_BYTES);
    private long bucketNanos;
    private long sent;

    /**
     * @param device where the local sender hears it
     * @param source the tunnel's other end, in whose name the error is sent
     * @param mtu largest packet that fits, for "too big"
     */
    public IcmpErrors(TunDevice device, InetAddress source, int mtu, long nowNanos) {
        this.device = device;
        this.source = source.getAddress();
        this.mtu = mtu;
        bucketNanos = nowNanos - BURST * INTERVAL_NANOS;
    }

    /** Answers a refused packet that starts at {@code index} of its buffer, where an answer is due. */
    public void answer(InnerPacket refused, int index, Refusal refusal, long nowNanos) {
        int typeAndCode = refused.addressBytes() == 4 ? ipv4TypeAndCode(refusal) : ipv6TypeAndCode(refusal);
        if (typeAndCode == 0
                || refused.addressBytes() != source.length
                || refused.fragment() == InnerPacket.Fragment.LATER
                || isIcmpError(refused)
                || !permits(nowNanos)) {
            return;
        }
        boolean carriesMtu = refusal == Refusal.TOO_LONG || refusal == Refusal.CARRIAGE_FRAGMENT;
        int length = refused.addressBytes() == 4
                ? writeIpv4(refused, index, typeAndCode, carriesMtu)
                : writeIpv6(refused, index, typeAndCode, carriesMtu);
        device.write(scratch, 0, length);
        device.flush();
        sent++;
    }

    /** Errors sent so far. */
    public long sent() {
        return sent;
    }

    /** Frees the memory. */
    public void release() {
        scratch.release();
    }

    /**
     * Type and code as the two first bytes of the message; 0: no answer is due. Of a fragment its datagram was too long, and the
     * sender's socket makes EMSGSIZE of that; of "prohibited" it would make EHOSTUNREACH or EACCES (udp_err in net/ipv4/udp.c,
     * icmpv6_err_convert).
     */
    private static int ipv4TypeAndCode(Refusal refusal) {
        return switch (refusal) {
            case CARRIAGE_PROTOCOL -> 0x0302; // protocol unreachable
            case NOT_ALLOWED, OUTER_CONNECTION -> 0x030d; // administratively prohibited
            case TOO_LONG, CARRIAGE_FRAGMENT -> 0x0304; // fragmentation needed
            default -> 0;
        };
    }

    private static int ipv6TypeAndCode(Refusal refusal) {
        return switch (refusal) {
            case CARRIAGE_PROTOCOL, NOT_ALLOWED, OUTER_CONNECTION -> 0x0101; // prohibited
            case TOO_LONG, CARRIAGE_FRAGMENT -> 0x0200; // packet too big
            default -> 0;
        };
    }

    private static boolean isIcmpError(InnerPacket packet) {
        if (!packet.isIcmp() || packet.transportLength() < 1) {
            return packet.isIcmp();
        }
        int type = packet.buffer().getUnsignedByte(packet.transportIndex());
        return packet.addressBytes() == 16 ? type < 128 : type != 8 && type != 0 && type != 13 && type != 14;
    }

    /** A token bucket kept as one time: how far the allowance has been used up. */
    private boolean permits(long nowNanos) {
        bucketNanos = Math.max(bucketNanos, nowNanos - BURST * INTERVAL_NANOS);
        if (bucketNanos > nowNanos) {
            return false;
        }
        bucketNanos += INTERVAL_NANOS;
        return true;
    }

    private int writeIpv4(InnerPacket refused, int index, int typeAndCode, boolean carriesMtu) {
        int quoted = Math.min(refused.totalLength(), MAX_IPV4_ERROR_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES);
        int length = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + quoted;
        scratch.setShort(0, 0x45c0); // precedence "internetwork control", as routers send errors
        scratch.setShort(2, length);
        scratch.setInt(4, 0);
        scratch.setByte(8, 64);
        scratch.setByte(9, InnerPacket.ICMP);
        scratch.setShort(10, 0);
        scratch.setBytes(12, source);
        scratch.setBytes(16, refused.buffer(), refused.sourceIndex(), 4);
        scratch.setShort(10, InternetChecksum.complete(InternetChecksum.sum(scratch, 0, IPV4_HEADER_BYTES)));
        writeIcmp(refused, index, IPV4_HEADER_BYTES, typeAndCode, carriesMtu, quoted);
        long sum = InternetChecksum.sum(scratch, IPV4_HEADER_BYTES, ICMP_HEADER_BYTES + quoted);
        scratch.setShort(IPV4_HEADER_BYTES + 2, InternetChecksum.complete(sum));
        return length;
    }

    private int writeIpv6(InnerPacket refused, int index, int typeAndCode, boolean carriesMtu) {
        int quoted = Math.min(refused.totalLength(), MAX_IPV6_ERROR_BYTES - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES);
        int payload = ICMP_HEADER_BYTES + quoted;
        scratch.setInt(0, 0x60000000);
        scratch.setShort(4, payload);
        scratch.setByte(6, InnerPacket.ICMPV6);
        scratch.setByte(7, 64);
        scratch.setBytes(8, source);
        scratch.setBytes(24, refused.buffer(), refused.sourceIndex(), 16);
        writeIcmp(refused, index, IPV6_HEADER_BYTES, typeAndCode, carriesMtu, quoted);
        long sum = InternetChecksum.pseudoHeader(scratch, 8, 24, 16, InnerPacket.ICMPV6, payload)
                + InternetChecksum.sum(scratch, IPV6_HEADER_BYTES, payload);
        scratch.setShort(IPV6_HEADER_BYTES + 2, InternetChecksum.complete(sum));
        return IPV6_HEADER_BYTES + payload;
    }

    private void writeIcmp(
            InnerPacket refused, int index, int at, int typeAndCode, boolean carriesMtu, int quotedBytes) {
        scratch.setShort(at, typeAndCode);
        scratch.setShort(at + 2, 0);
        // IPv4 has the MTU in the lower half of this word, IPv6 in all of it: for any MTU the same bytes.
        scratch.setInt(at + 4, carriesMtu ? mtu : 0);
        scratch.setBytes(at + ICMP_HEADER_BYTES, refused.buffer(), index, quotedBytes);
    }
}
