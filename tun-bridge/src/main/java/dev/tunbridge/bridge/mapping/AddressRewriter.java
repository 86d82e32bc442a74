package dev.tunbridge.bridge.mapping;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;

/**
 * Changes one address of a packet in place, and mends the checksums that cover it by what the sum of its words has grown
 * (RFC 1624, equation 3). What was right stays right, and what was wrong stays wrong for its receiver to find.
 *
 * <p>A <em>step</em> is that growth, one 16-bit word: the same for every packet of a client, and its complement the other way.
 */
final class AddressRewriter {
    private static final int UDP_LITE = 136;
    private static final int DCCP = 33;
    private static final int ICMP_CHECKSUM_AT = 2;
    /** RFC 4340 section 5.1 and RFC 3828 section 3.1: where UDP has its own. */
    private static final int OTHER_CHECKSUM_AT = 6;

    static final int NO_CHECKSUM = -1;

    private AddressRewriter() {}

    /** What the sum of an address's words grows by where one becomes the other. */
    static int step(int addressBytes, long oldHigh, long oldLow, long newHigh, long newLow) {
        if (addressBytes == 4) {
            return InternetChecksum.fold(words(~oldLow & 0xffff_ffffL) + words(newLow));
        }
        return InternetChecksum.fold(words(~oldHigh) + words(~oldLow) + words(newHigh) + words(newLow));
    }

    /** A sum of wider words is, folded, one of words of 16 bits. */
    private static long words(long value) {
        return (value >>> 32) + (value & 0xffff_ffffL);
    }

    /** The step back. */
    static int back(int step) {
        return ~step & 0xffff;
    }

    static void setAddress(ByteBuf buffer, int at, int addressBytes, long high, long low) {
        if (addressBytes == 4) {
            buffer.setInt(at, (int) low);
        } else {
            buffer.setLong(at, high);
            buffer.setLong(at + 8, low);
        }
    }

    /** The header checksum of IPv4 after an address has changed. */
    static void mendHeader(ByteBuf buffer, int index, int step) {
        mend(buffer, index + IpView.V4_CHECKSUM_AT, step);
    }

    /** Where in its header a protocol has a checksum that covers the addresses, or {@link #NO_CHECKSUM}. */
    static int checksumAt(int protocol, int addressBytes) {
        return switch (protocol) {
            case InnerPacket.TCP -> TcpView.CHECKSUM_AT;
            case InnerPacket.UDP -> UdpView.CHECKSUM_AT;
            case UDP_LITE, DCCP -> OTHER_CHECKSUM_AT;
            case InnerPacket.ICMPV6 -> addressBytes == 16 ? ICMP_CHECKSUM_AT : NO_CHECKSUM;
            default -> NO_CHECKSUM;
        };
    }

    /**
     * The checksum of a transport header of which so many bytes are there.
     *
     * @return what the sum of the words of this header has grown by
     */
    static int mendTransport(
            ByteBuf buffer, int transportIndex, int available, int protocol, int addressBytes, int step) {
        int at = checksumAt(protocol, addressBytes);
        if (at == NO_CHECKSUM || available < at + Short.BYTES) {
            return 0;
        }
        int field = transportIndex + at;
        int before = buffer.getUnsignedShort(field);
        if (protocol == InnerPacket.UDP && before == 0) {
            return 0; // none (RFC 768), and none it stays
        }
        int after = updated(before, step);
        if (protocol == InnerPacket.UDP && after == 0) {
            after = 0xffff; // the same number in ones' complement, and not "none"
        }
        buffer.setShort(field, after);
        return InternetChecksum.fold((~before & 0xffff) + after);
    }

    private static int mend(ByteBuf buffer, int field, int step) {
        int before = buffer.getUnsignedShort(field);
        int after = updated(before, step);
        buffer.setShort(field, after);
        return InternetChecksum.fold((~before & 0xffff) + after);
    }

    private static int updated(int checksum, int step) {
        return InternetChecksum.complete((~checksum & 0xffffL) + step);
    }

    /**
     * Changes an address of the packet that an ICMP error quotes, which may be cut off anywhere behind its addresses.
     *
     * @param icmpIndex where the ICMP header is, before the quotation
     * @param addressIndex of the address in the quoted header
     * @param step of that address
     */
    static void rewriteQuoted(
            ByteBuf buffer, int icmpIndex, QuotedPacket quoted, int addressIndex, long newHigh, long newLow, int step) {
        int addressBytes = quoted.addressBytes();
        setAddress(buffer, addressIndex, addressBytes, newHigh, newLow);
        long grown = step;
        if (addressBytes == 4) {
            grown += mend(buffer, quoted.index() + IpView.V4_CHECKSUM_AT, step);
        }
        if (quoted.hasTransport()) {
            grown += mendTransport(
                    buffer, quoted.transportIndex(), quoted.transportBytes(), quoted.protocol(), addressBytes, step);
        }
        mend(buffer, icmpIndex + ICMP_CHECKSUM_AT, InternetChecksum.fold(grown));
    }
}
