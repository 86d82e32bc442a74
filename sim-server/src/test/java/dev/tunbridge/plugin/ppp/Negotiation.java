package dev.tunbridge.plugin.ppp;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Options of one control protocol (RFC 1661, section 4): each end asks for its own until the other has acknowledged them all. What
 * this end asks for and the other rejects, it does without.
 */
final class Negotiation {
    static final int REQUEST = 1;
    static final int ACK = 2;
    static final int NAK = 3;
    static final int REJECT = 4;

    private static final long RESTART_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int MOST_REQUESTS = 10;

    /** Section 4.6: who does not give way by then does not converge. */
    private static final int MOST_NAKS = 5;

    private static final int OPTION_HEAD_BYTES = 2;

    private final String protocol;
    private final Map<Integer, byte[]> asked = new TreeMap<>();
    private final Judge judge;
    private int identifier;
    private int requests;
    private int corrections;
    private int naks;
    private boolean isOurs;
    private boolean isTheirs;
    private ByteBuf acknowledged = Unpooled.EMPTY_BUFFER;
    private long deadlineNanos;

    /** An option as it lies in a packet. */
    private static final class Option {
        private final int number;
        private final byte[] value;

        Option(int number, byte[] value) {
            this.number = number;
            this.value = value;
        }
    }

    /** What this end thinks of the options. */
    interface Judge {
        byte[] REJECTED = new byte[0];

        /** Of one of the other's. The same array: right. {@link #REJECTED}: none of it. Another one: that instead. */
        byte[] judge(int option, byte[] value);

        /** Whether this end takes what the other would rather have it ask for. */
        boolean givesWay(int option, byte[] value);

        /** Options that should be there, and what they should be; who leaves them out after all is let be. */
        Map<Integer, byte[]> wanted();
    }

    Negotiation(String protocol, Map<Integer, byte[]> asked, Judge judge) {
        this.protocol = protocol;
        this.asked.putAll(asked);
        this.judge = judge;
    }

    boolean isOpen() {
        return isOurs && isTheirs;
    }

    /** Whether the other end was silent for too long, or has found fault too often. */
    boolean isOver(long nowNanos) {
        return corrections > MOST_REQUESTS || (requests >= MOST_REQUESTS && nowNanos - deadlineNanos >= 0);
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    byte[] asked(int option) {
        return asked.getOrDefault(option, Judge.REJECTED);
    }

    /** Asks, for the first time or once more: an answer to any of those that ask for the same is one to all (section 5.1). */
    SessionAction request(long nowNanos) {
        requests++;
        deadlineNanos = nowNanos + RESTART_NANOS;
        ByteBuf options = Unpooled.buffer();
        asked.forEach((option, value) -> write(options, option, value));
        return send(REQUEST, identifier, options);
    }

    /** An answer to what this end has asked for; one to something else is passed over. */
    List<SessionAction> answered(int code, int identifier, ByteBuf data, long nowNanos) {
        Optional<List<Option>> options = read(data);
        if (identifier != this.identifier || isOurs || options.isEmpty()) {
            return List.of();
        }
        if (code == ACK) {
            isOurs = true;
            return List.of();
        }
        for (Option option : options.get()) {
            if (code == REJECT) {
                asked.remove(option.number);
            } else if (judge.givesWay(option.number, option.value)) {
                asked.replace(option.number, option.value);
            }
        }
        corrections++;
        this.identifier = (this.identifier + 1) & 0xff;
        return isOver(nowNanos) ? List.of() : List.of(request(nowNanos));
    }

    /** Whether it asks for what it has been given already, as who has not had the answer yet does. */
    boolean isRepeated(ByteBuf data) {
        return isTheirs && data.equals(acknowledged);
    }

    /** The other end asks: all that is wrong is told at once, what is to go before what is to change. Empty where it cannot be read. */
    Optional<SessionAction> requested(int identifier, ByteBuf data) {
        return read(data).map(theirs -> requested(identifier, theirs, data));
    }

    private SessionAction requested(int identifier, List<Option> theirs, ByteBuf data) {
        ByteBuf rejected = Unpooled.buffer();
        ByteBuf changed = Unpooled.buffer();
        boolean isPatient = naks < MOST_NAKS;
        for (Option option : theirs) {
            byte[] verdict = judge.judge(option.number, option.value);
            if (verdict == Judge.REJECTED || (verdict != option.value && !isPatient)) {
                write(rejected, option.number, option.value);
            } else if (verdict != option.value) {
                write(changed, option.number, verdict);
            }
        }
        judge.wanted().forEach((number, value) -> {
            if (isPatient && theirs.stream().noneMatch(option -> option.number == number)) {
                write(changed, number, value);
            }
        });
        if (rejected.isReadable()) {
            return send(REJECT, identifier, rejected);
        }
        if (changed.isReadable()) {
            naks++;
            return send(NAK, identifier, changed);
        }
        isTheirs = true;
        acknowledged = data.copy();
        return send(ACK, identifier, data);
    }

    /** In their order; empty where the packet holds something that is no option. */
    private static Optional<List<Option>> read(ByteBuf data) {
        List<Option> read = new ArrayList<>();
        ByteBuf options = data.slice();
        while (options.isReadable()) {
            int bytes = options.readableBytes() < OPTION_HEAD_BYTES
                    ? 0
                    : options.getUnsignedByte(options.readerIndex() + 1);
            if (bytes < OPTION_HEAD_BYTES || bytes > options.readableBytes()) {
                return Optional.empty();
            }
            int number = options.readUnsignedByte();
            byte[] value = new byte[bytes - OPTION_HEAD_BYTES];
            options.skipBytes(1).readBytes(value);
            read.add(new Option(number, value));
        }
        return Optional.of(read);
    }

    private static void write(ByteBuf options, int option, byte[] value) {
        options.writeByte(option).writeByte(OPTION_HEAD_BYTES + value.length).writeBytes(value);
    }

    /** A packet of this protocol: code, identifier, length, data. */
    SessionAction send(int code, int identifier, ByteBuf data) {
        ByteBuf packet = Unpooled.buffer().writeByte(code).writeByte(identifier);
        packet.writeShort(4 + data.readableBytes()).writeBytes(data, data.readerIndex(), data.readableBytes());
        return new SessionAction.Send(new Message.Signal(
                protocol, Map.of("content", new Value.Bytes(Octets.of(ByteBufUtil.getBytes(packet))))));
    }
}
