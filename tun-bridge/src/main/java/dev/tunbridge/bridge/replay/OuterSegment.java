package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;

/** One packet of a capture file as a TCP segment. A flyweight over the source's bytes; the views are valid only for a TCP segment. */
final class OuterSegment {
    private static final int PROTOCOL_IPV4_AT = 9;
    private static final int PROTOCOL_IPV6_AT = 6;

    /** What a packet is. */
    enum Kind {
        TCP,
        OTHER_PROTOCOL,
        FRAGMENT,
        /** TCP, but the capture has cut it. */
        TRUNCATED,
        MALFORMED
    }

    /** What its checksums say. */
    enum Sums {
        RIGHT,
        /** The field holds the folded sum of the pseudo-header: captured on the host, before the checksum was finished or needed. */
        UNFINISHED,
        WRONG
    }

    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();

    Kind wrap(CapturedSegment captured) {
        ByteBuf buffer = captured.buffer();
        int index = captured.index();
        if (ip.wrap(buffer, index, captured.length()) != IpProblem.OK) {
            return captured.isTruncated() && isTcp(buffer, index, captured.length()) ? Kind.TRUNCATED : Kind.MALFORMED;
        }
        if (ip.isFragment()) {
            return Kind.FRAGMENT;
        }
        if (ip.protocol() != IpView.PROTOCOL_TCP) {
            return Kind.OTHER_PROTOCOL;
        }
        return tcp.wrap(buffer, ip.payloadIndex(), ip.payloadLength()) == TcpProblem.OK ? Kind.TCP : Kind.MALFORMED;
    }

    /** Whether a packet that is not whole begins like one of TCP. */
    private static boolean isTcp(ByteBuf buffer, int index, int length) {
        int version = length > PROTOCOL_IPV4_AT ? buffer.getUnsignedByte(index) >>> 4 : 0;
        int at = version == 4 ? PROTOCOL_IPV4_AT : PROTOCOL_IPV6_AT;
        return (version == 4 || version == 6) && buffer.getUnsignedByte(index + at) == IpView.PROTOCOL_TCP;
    }

    IpView ip() {
        return ip;
    }

    TcpView tcp() {
        return tcp;
    }

    End source() {
        return End.of(ip, ip.sourceIndex(), tcp.sourcePort());
    }

    End destination() {
        return End.of(ip, ip.destinationIndex(), tcp.destinationPort());
    }

    Sums sums() {
        if (ip.headerChecksumValid() && ip.payloadChecksumValid()) {
            return Sums.RIGHT;
        }
        boolean isUnfinished =
                ip.headerChecksumValid() && tcp.checksum() == InternetChecksum.fold(ip.pseudoHeaderSum());
        return isUnfinished ? Sums.UNFINISHED : Sums.WRONG;
    }
}
