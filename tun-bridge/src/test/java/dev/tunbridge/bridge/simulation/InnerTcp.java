package dev.tunbridge.bridge.simulation;

import dev.tunbridge.reassembly.wire.TcpView;

/**
 * A client's TCP connection through the tunnel, seen from the client's end: what it sends, in the order in which it reaches the
 * server. A stand-in that only talks; a real one answers to what the device sends.
 */
final class InnerTcp {
    private static final byte[] NOTHING = new byte[0];
    private static final int TIMESTAMP_OPTION = 0x0101080a;
    /** Beyond it a client has nothing in flight. */
    private static final int MOST_GAP_BYTES = 3_000;

    final InnerFlow flow;
    private final Dice dice;
    private final InnerPackets packets;
    private final boolean timestamps;
    private final boolean answers;
    private final int initial;
    private int next;
    private int acknowledgement;
    private boolean opened;
    private boolean closed;
    /** What was lost on the client's own way to the server, and comes later; empty where both are equal. */
    private int gapStart;

    private int gapEnd;

    /** A segment, with the numbers that matter for its order. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Segment(byte[] packet, int sequence, int sequenceLength, int flags) {}

    InnerTcp(InnerFlow flow, Dice dice, InnerPackets packets) {
        this.flow = flow;
        this.dice = dice;
        this.packets = packets;
        timestamps = dice.chance(0.5);
        answers = dice.chance(0.3);
        initial = dice.chance(0.5) ? -1 - dice.below(20_000) : dice.nextInt();
        next = initial;
        gapStart = initial;
        gapEnd = initial;
        acknowledgement = dice.nextInt();
    }

    boolean isClosed() {
        return closed;
    }

    /** Bytes of headers in front of a segment's payload. */
    int headerBytes() {
        return packets.ipHeaderBytes() + TcpView.HEADER_BYTES + (timestamps ? 12 : 0);
    }

    /** What the client sends next. */
    Segment next(byte[] payload) {
        if (!opened) {
            opened = true;
            next = initial + 1;
            gapStart = next;
            gapEnd = next;
            return segment(initial, opening(), NOTHING);
        }
        if (next == initial + 1 && dice.chance(0.1)) {
            return segment(initial, opening(), NOTHING); // nobody has answered
        }
        int percent = dice.below(100);
        if (percent < 18) {
            acknowledgement += dice.below(4_000);
            return segment(next, TcpView.ACK, NOTHING);
        }
        if (percent < 20) {
            return segment(next - 1, TcpView.ACK, NOTHING); // a keep-alive (RFC 9293 section 3.8.4)
        }
        if (percent < 27) {
            return again(payload);
        }
        if (percent < 31 && gapStart == gapEnd) {
            next += dice.between(1, MOST_GAP_BYTES);
            gapEnd = next;
        } else if (gapStart != gapEnd && percent < 50) {
            return fillGap(payload);
        }
        if (percent >= 98) {
            closed = true;
            if (dice.chance(0.3)) {
                return segment(next, TcpView.RST | TcpView.ACK, NOTHING);
            }
            Segment last = segment(next, TcpView.FIN | TcpView.ACK, dice.chance(0.5) ? payload : NOTHING);
            next += last.sequenceLength();
            return last;
        }
        Segment data = segment(next, TcpView.ACK | (dice.chance(0.3) ? TcpView.PSH : 0), payload);
        next += data.sequenceLength();
        if (gapStart == gapEnd) {
            gapStart = next;
            gapEnd = next;
        }
        return data;
    }

    private int opening() {
        return TcpView.SYN | (answers ? TcpView.ACK : 0);
    }

    /** A retransmission, or what reaches beyond what was sent before. */
    private Segment again(byte[] payload) {
        int back = Math.min(dice.between(1, 4_000), next - initial - 1);
        Segment segment = segment(next - back, TcpView.ACK, payload);
        int beyond = segment.sequenceLength() - back;
        if (beyond > 0) {
            next += beyond;
            if (gapStart == gapEnd) {
                gapStart = next;
                gapEnd = next;
            }
        }
        return segment;
    }

    private Segment fillGap(byte[] payload) {
        int length = Math.min(payload.length, gapEnd - gapStart);
        byte[] part = new byte[length];
        System.arraycopy(payload, 0, part, 0, length);
        Segment segment = segment(gapStart, TcpView.ACK, part);
        gapStart += length;
        if (gapStart == gapEnd) {
            gapStart = next;
            gapEnd = next;
        }
        return segment;
    }

    private Segment segment(int sequence, int flags, byte[] payload) {
        byte[] options = NOTHING;
        if (timestamps) {
            options = java.nio.ByteBuffer.allocate(12)
                    .putInt(TIMESTAMP_OPTION)
                    .putInt(dice.nextInt())
                    .putInt(dice.nextInt())
                    .array();
        }
        byte[] packet = packets.tcp(flow, sequence, acknowledgement, flags, dice.between(0, 65_535), options, payload);
        int length = payload.length + ((flags & (TcpView.SYN | TcpView.FIN)) != 0 ? 1 : 0);
        return new Segment(packet, sequence, length, flags);
    }
}
