package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.message.Message;
import org.jspecify.annotations.Nullable;

/** A frame that the server wrote: the truth about it, and what has become of it. */
final class SentFrame {
    /** What is in it. */
    enum Kind {
        /** For the application or the session, which {@link SentFrame#message} is. */
        MESSAGE,
        /** A question of the link below IP, which this end answers by itself. */
        LINK,
        /** Of a type that the format does not name. */
        UNKNOWN,
        UDP,
        TCP,
        ICMP,
        /** A packet that nobody can say the flow of. */
        FRAGMENT
    }

    final int index;
    /** Where its first byte on the wire is, and where its content starts: behind an opening delimiter, if there is one. */
    final long start;

    final long contentStart;
    final long end;
    final Kind kind;
    final @Nullable InnerFlow flow;
    final @Nullable Message message;
    /** Of the packet that the device must get. */
    final long fingerprint;
    /** Of an inner TCP segment. */
    final int sequence;

    final int sequenceLength;
    final int flags;
    /** It has a checksum, and that is right. */
    final boolean checked;

    /** The tunnel filter lets it pass. */
    final boolean admitted;

    boolean delivered;
    boolean early;
    boolean swallowed;

    private SentFrame(Builder builder, int index, long start, long contentStart, long end) {
        this.index = index;
        this.start = start;
        this.contentStart = contentStart;
        this.end = end;
        kind = builder.kind;
        flow = builder.flow;
        message = builder.message;
        fingerprint = builder.fingerprint;
        sequence = builder.sequence;
        sequenceLength = builder.sequenceLength;
        flags = builder.flags;
        checked = builder.checked;
        admitted = builder.admitted;
    }

    boolean isTraffic() {
        return kind != Kind.MESSAGE && kind != Kind.LINK && kind != Kind.UNKNOWN;
    }

    /** What is known of a frame before it is in the stream. */
    static final class Builder {
        private final Kind kind;
        private @Nullable InnerFlow flow;
        private @Nullable Message message;
        private long fingerprint;
        private int sequence;
        private int sequenceLength;
        private int flags;
        private boolean checked = true;
        private boolean admitted = true;

        Builder(Kind kind) {
            this.kind = kind;
        }

        Builder flow(InnerFlow flow) {
            this.flow = flow;
            return this;
        }

        Builder message(Message message) {
            this.message = message;
            return this;
        }

        Builder packet(byte[] packet) {
            fingerprint = InnerPackets.fingerprint(packet, 0, packet.length);
            return this;
        }

        Builder tcp(int sequence, int sequenceLength, int flags) {
            this.sequence = sequence;
            this.sequenceLength = sequenceLength;
            this.flags = flags;
            return this;
        }

        Builder unchecked() {
            checked = false;
            return this;
        }

        Builder refused() {
            admitted = false;
            return this;
        }

        SentFrame build(int index, long start, long contentStart, long end) {
            return new SentFrame(this, index, start, contentStart, end);
        }
    }

    @Override
    public String toString() {
        return "frame " + index + " " + start + ".." + end + " " + kind
                + (flow == null ? "" : " " + flow)
                + (kind == Kind.TCP
                        ? " seq " + Integer.toUnsignedString(sequence) + "+" + sequenceLength + " flags "
                                + Integer.toHexString(flags)
                        : "")
                + (message == null ? "" : " " + message.getClass().getSimpleName())
                + (checked ? "" : " unchecked")
                + (admitted ? "" : " refused")
                + (delivered ? early ? " went early" : " delivered" : " not delivered");
    }
}
