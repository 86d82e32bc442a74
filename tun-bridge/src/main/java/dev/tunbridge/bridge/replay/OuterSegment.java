package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** One packet of a capture file as a TCP segment. A flyweight over the source's bytes; the views are valid only for a TCP segment. */
final class OuterSegment {
    private static final int LONGEST_PACKET_BYTES = 0xffff + IpView.IPV6_HEADER_BYTES;

    /** What a packet is. */
    enum Kind {
        TCP,
        OTHER_PROTOCOL,
        FRAGMENT,
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
    private final ByteBuf shortened = Unpooled.buffer(LONGEST_PACKET_BYTES);
    private boolean cut;

    Kind wrap(CapturedSegment captured) {
        int length = captured.length();
        IpProblem problem = ip.wrap(captured.buffer(), captured.index(), length);
        cut = false;
        if (problem == IpProblem.TOTAL_LENGTH && length <= LONGEST_PACKET_BYTES) {
            problem = wrapShortened(captured, length);
        }
        if (problem != IpProblem.OK) {
            return Kind.MALFORMED;
        }
        if (ip.isFragment()) {
            return Kind.FRAGMENT;
        }
        if (ip.protocol() != IpView.PROTOCOL_TCP) {
            return Kind.OTHER_PROTOCOL;
        }
        return tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) == TcpProblem.OK
                ? Kind.TCP
                : Kind.MALFORMED;
    }

    /** Reads what is there of a packet that claims more; a length of 0 is a sender's offload that has not filled it in yet. */
    private IpProblem wrapShortened(CapturedSegment captured, int length) {
        shortened.clear().writeBytes(captured.buffer(), captured.index(), length);
        boolean isVersion4 = shortened.getByte(0) >>> 4 == 4;
        int at = isVersion4 ? IpView.V4_TOTAL_LENGTH_AT : IpView.V6_PAYLOAD_LENGTH_AT;
        cut = shortened.getUnsignedShort(at) != 0;
        shortened.setShort(at, Math.min(0xffff, isVersion4 ? length : length - IpView.IPV6_HEADER_BYTES));
        return ip.wrap(shortened, 0, length);
    }

    /** Whether the file has only the beginning of it. */
    boolean isCut() {
        return cut;
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
