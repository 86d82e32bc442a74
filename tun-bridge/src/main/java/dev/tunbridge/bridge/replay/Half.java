package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.wire.TcpView;
import java.util.OptionalInt;

/** What one end of a connection has sent: the facts of its SYN, and sums. */
final class Half {
    private final End end;
    private OptionalInt initialNumber = OptionalInt.empty();
    private OptionalInt acknowledgedBySyn = OptionalInt.empty();
    private int windowScale = TcpView.ABSENT;
    private int mss = TcpView.ABSENT;
    private boolean sackPermitted;
    private boolean timestamps;
    private boolean opened;
    private boolean finished;
    private long segments;
    private long payloadBytes;
    private long unacceptable;
    private long wrongSums;

    Half(End end) {
        this.end = end;
    }

    void saw(OuterSegment segment) {
        TcpView tcp = segment.tcp();
        segments++;
        if (tcp.payloadLength() > 0) {
            sawPayload(tcp);
        }
        if (!segment.isCut() && segment.sums() == OuterSegment.Sums.WRONG) {
            wrongSums++;
        }
        finished |= tcp.hasFlags(TcpView.FIN);
        if (tcp.hasFlags(TcpView.SYN) && !tcp.hasFlags(TcpView.RST) && initialNumber.isEmpty()) {
            sawSyn(tcp);
        }
    }

    /** No kernel reads that of a segment without ACK, unless it opens the connection (RFC 7413), nor that of a RST. */
    private void sawPayload(TcpView tcp) {
        if ((tcp.flags() & (TcpView.ACK | TcpView.SYN)) == 0) {
            unacceptable++;
        } else if (!tcp.hasFlags(TcpView.RST)) {
            payloadBytes += tcp.payloadLength();
        }
    }

    private void sawSyn(TcpView tcp) {
        initialNumber = OptionalInt.of(tcp.sequenceNumber());
        windowScale = tcp.windowScale();
        mss = tcp.mss();
        sackPermitted = tcp.isSackPermitted();
        timestamps = tcp.hasTimestamps();
        if (tcp.hasFlags(TcpView.ACK)) {
            acknowledgedBySyn = OptionalInt.of(tcp.acknowledgementNumber());
        } else {
            opened = true;
        }
    }

    End end() {
        return end;
    }

    /** The sequence number of its SYN, where the file has it. */
    OptionalInt initialNumber() {
        return initialNumber;
    }

    /** What its SYN acknowledged, where that was a SYN-ACK. */
    OptionalInt acknowledgedBySyn() {
        return acknowledgedBySyn;
    }

    /** Whether its SYN came without an acknowledgement: this end has begun. */
    boolean opened() {
        return opened;
    }

    boolean finished() {
        return finished;
    }

    int windowScale() {
        return windowScale;
    }

    int mss() {
        return mss;
    }

    boolean sackPermitted() {
        return sackPermitted;
    }

    boolean timestamps() {
        return timestamps;
    }

    long segments() {
        return segments;
    }

    long payloadBytes() {
        return payloadBytes;
    }

    /** Segments with payload and without the flag that every segment of a connection has. */
    long unacceptable() {
        return unacceptable;
    }

    long wrongSums() {
        return wrongSums;
    }

    /**
     * Whether its checksums mean anything. Where more are wrong than not, they were never computed (a capture on the
     * sending host, or a file that somebody has edited), and the receiver has not gone by them.
     */
    boolean sumsCount() {
        return wrongSums * 2 <= segments;
    }
}
