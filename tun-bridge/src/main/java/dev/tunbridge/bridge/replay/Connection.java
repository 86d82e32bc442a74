package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.wire.TcpView;
import java.util.OptionalInt;

/** One TCP connection of a capture file, as far as the file has been read. */
public final class Connection {
    /** The ports that Linux and most others give to who connects (RFC 6335 section 6 has them from 49,152 on). */
    private static final int FIRST_EPHEMERAL_PORT = 32_768;

    private int number;
    private final Half first;
    private final Half second;
    private long firstNanos;
    private long lastNanos;
    private long firstPacket;
    private long lastPacket;
    private boolean any;
    private boolean reset;

    /** A SYN with another initial number: of the next connection, if it is answered; an attack or a stray otherwise. */
    private OptionalInt otherSyn = OptionalInt.empty();

    Connection(int number, End source, End destination) {
        this.number = number;
        first = new Half(source);
        second = new Half(destination);
    }

    void saw(OuterSegment segment, End source, long timeNanos, long packet) {
        if (!any) {
            any = true;
            firstNanos = timeNanos;
            firstPacket = packet;
        }
        lastPacket = packet;
        lastNanos = Math.max(lastNanos, timeNanos);
        TcpView tcp = segment.tcp();
        Half sender = half(source);
        OptionalInt known = sender.initialNumber();
        if (isOpening(tcp) && known.isPresent() && known.getAsInt() != tcp.sequenceNumber()) {
            otherSyn = OptionalInt.of(tcp.sequenceNumber());
        }
        reset |= tcp.hasFlags(TcpView.RST);
        sender.saw(segment);
    }

    /** Whether this segment begins another connection between the same ends. */
    boolean isFollowedBy(OuterSegment segment, End source) {
        TcpView tcp = segment.tcp();
        OptionalInt known = half(source).initialNumber();
        boolean isAnother = known.isPresent() && known.getAsInt() != tcp.sequenceNumber();
        if (isOpening(tcp)) {
            return isAnother && isOver();
        }
        return isAnother
                && tcp.hasFlags(TcpView.SYN | TcpView.ACK)
                && otherSyn.isPresent()
                && tcp.acknowledgementNumber() == otherSyn.getAsInt() + 1;
    }

    private static boolean isOpening(TcpView tcp) {
        return (tcp.flags() & (TcpView.SYN | TcpView.ACK | TcpView.RST)) == TcpView.SYN;
    }

    private boolean isOver() {
        return reset || (first.finished() && second.finished());
    }

    private Half half(End end) {
        return first.end().equals(end) ? first : second;
    }

    Half of(End end) {
        return half(end);
    }

    Half other(End end) {
        return first.end().equals(end) ? second : first;
    }

    /**
     * Counted from 0 in the order of appearance, as Wireshark's {@code tcp.stream} is; higher where a file has more than are kept
     * apart, because one that was let go and comes again is counted again.
     */
    public int number() {
        return number;
    }

    /** Gives it the number that it had in another pass. */
    void renumber(int another) {
        number = another;
    }

    /** Who connected; a guess by the port where {@link #isInitiatorKnown} is not. */
    public End initiator() {
        if (first.opened() || second.opened()) {
            return first.opened() ? first.end() : second.end();
        }
        if (isInitiatorKnown()) { // by a SYN-ACK, which goes to who connected
            return first.acknowledgedBySyn().isPresent() ? second.end() : first.end();
        }
        boolean isSecond = isEphemeral(second) == isEphemeral(first)
                ? second.end().port() > first.end().port()
                : isEphemeral(second);
        return isSecond ? second.end() : first.end();
    }

    /** The other end. */
    public End responder() {
        return initiator().equals(first.end()) ? second.end() : first.end();
    }

    /** Whether the file has a SYN that says who connected. */
    public boolean isInitiatorKnown() {
        return first.initialNumber().isPresent() || second.initialNumber().isPresent();
    }

    private static boolean isEphemeral(Half half) {
        return half.end().port() >= FIRST_EPHEMERAL_PORT;
    }

    /** Payload that went to this end, retransmissions included. */
    public long payloadBytesTo(End end) {
        return other(end).payloadBytes();
    }

    public long segments() {
        return first.segments() + second.segments();
    }

    /** All payload, of both directions. */
    long payloadBytes() {
        return first.payloadBytes() + second.payloadBytes();
    }

    /** The place in the file of its first packet, which tells it from others of the same ends. */
    long firstPacket() {
        return firstPacket;
    }

    long lastPacket() {
        return lastPacket;
    }

    long firstNanos() {
        return firstNanos;
    }

    public long durationNanos() {
        return lastNanos - firstNanos;
    }

    /** Whether this packet is among its own, given that its ends are. */
    boolean spans(long packet) {
        return firstPacket <= packet && packet <= lastPacket;
    }

    public boolean isBetween(End a, End b) {
        return (first.end().equals(a) && second.end().equals(b))
                || (first.end().equals(b) && second.end().equals(a));
    }
}
