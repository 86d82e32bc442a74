package dev.tunbridge.plugin.ppp;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Options of one control protocol (RFC 1661, section 4): each end asks for its own until the other has acknowledged them all. Those of
 * this end give way: what is not acknowledged is asked for as the other wants it, or not at all.
 */
final class Negotiation {
    static final int REQUEST = 1;
    static final int ACK = 2;
    static final int NAK = 3;
    static final int REJECT = 4;

    private static final long RESTART_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int MOST_REQUESTS = 10;
    private static final int OPTION_HEAD_BYTES = 2;

    private final String protocol;
    private final Map<Integer, byte[]> asked = new TreeMap<>();
    private final Judge judge;
    private int identifier;
    private int requests;
    private boolean isOurs;
    private boolean isTheirs;
    private long deadlineNanos;

    /** What this end thinks of an option of the other's: that it is right, what it would rather have, or nothing at all. */
    interface Judge {
        byte[] REJECTED = new byte[0];

        /** The same array: right. {@link #REJECTED}: none of it. Another one: that instead. */
        byte[] judge(int option, byte[] value);

        /** Options that must be there, and what they should be. */
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

    boolean isOver(long nowNanos) {
        return requests >= MOST_REQUESTS && nowNanos - deadlineNanos >= 0;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    byte[] asked(int option) {
        return asked.getOrDefault(option, Judge.REJECTED);
    }

    SessionAction request(long nowNanos) {
        requests++;
        identifier = (identifier + 1) & 0xff;
        deadlineNanos = nowNanos + RESTART_NANOS;
        ByteBuf options = Unpooled.buffer();
        asked.forEach((option, value) -> write(options, option, value));
        return send(REQUEST, identifier, options);
    }

    /** An answer to what this end has asked for; those to earlier requests are passed over. */
    List<SessionAction> answered(int code, int identifier, ByteBuf options, long nowNanos) {
        if (identifier != this.identifier || isOurs) {
            return List.of();
        }
        if (code == ACK) {
            isOurs = true;
            return List.of();
        }
        read(options).forEach((option, value) -> {
            if (code == REJECT) {
                asked.remove(option);
            } else {
                asked.replace(option, value);
            }
        });
        return List.of(request(nowNanos));
    }

    /** The other end asks: all that is wrong is told at once, what is to go before what is to change. */
    SessionAction requested(int identifier, ByteBuf options) {
        ByteBuf rejected = Unpooled.buffer();
        ByteBuf changed = Unpooled.buffer();
        Map<Integer, byte[]> theirs = read(options.slice());
        theirs.forEach((option, value) -> {
            byte[] verdict = judge.judge(option, value);
            if (verdict == Judge.REJECTED) {
                write(rejected, option, value);
            } else if (verdict != value) {
                write(changed, option, verdict);
            }
        });
        judge.wanted().forEach((option, value) -> {
            if (!theirs.containsKey(option)) {
                write(changed, option, value);
            }
        });
        isTheirs = !rejected.isReadable() && !changed.isReadable();
        int code = rejected.isReadable() ? REJECT : changed.isReadable() ? NAK : ACK;
        return send(code, identifier, code == REJECT ? rejected : code == NAK ? changed : options.slice());
    }

    private static Map<Integer, byte[]> read(ByteBuf options) {
        Map<Integer, byte[]> read = new TreeMap<>();
        while (options.readableBytes() >= OPTION_HEAD_BYTES) {
            int option = options.readUnsignedByte();
            int bytes = options.readUnsignedByte() - OPTION_HEAD_BYTES;
            if (bytes < 0 || bytes > options.readableBytes()) {
                break; // what cannot be read is not acknowledged, and comes again or ends it
            }
            byte[] value = new byte[bytes];
            options.readBytes(value);
            read.put(option, value);
        }
        return read;
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
