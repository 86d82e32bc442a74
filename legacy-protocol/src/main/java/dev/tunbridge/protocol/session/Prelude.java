package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.SessionScript.Due;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one end says before its first frame: lines, blocks, raw bytes, as its script has them. It reads them in order, and from then
 * on frames are all there is. One direction of one connection, one thread.
 */
public final class Prelude {
    private final MessageCodec codec;
    private final Deque<Due> due;
    /** Null where it is not known whether there is one. */
    private final @Nullable String secret;

    private Prelude(MessageCodec codec, Collection<Due> due, @Nullable String secret) {
        this.codec = codec;
        this.due = new ArrayDeque<>(due);
        this.secret = secret;
    }

    /** What this end says. */
    public static Prelude of(SessionScript script, End from, MessageCodec codec) {
        return new Prelude(codec, script.unframed(from), null);
    }

    /** What is due, in order. */
    public static Prelude of(List<Due> due, MessageCodec codec) {
        return new Prelude(codec, due, null);
    }

    /** The same where it is known what may not be told to anybody, which the other end may echo; empty for nothing. */
    public static Prelude of(List<Due> due, MessageCodec codec, String secret) {
        return new Prelude(codec, due, secret);
    }

    /** A stream that begins with a frame, or is met behind its beginning. */
    public static Prelude none(MessageCodec codec) {
        return new Prelude(codec, List.of(), "");
    }

    /** Whether the next byte is that of a frame. */
    public boolean isOver() {
        return due.isEmpty();
    }

    /**
     * Reads what is whole. What stays readable is the beginning of a message that is not, or the first frame.
     *
     * @return how many bytes were read
     * @throws PreludeException if the bytes are not what is due; the stream cannot be followed
     */
    public int read(ByteBuf in, MessageHandler handler) {
        int index = in.readerIndex();
        while (!due.isEmpty()) {
            Due next = due.element();
            try {
                if (!codec.readUnframed(next.names(), in, handler)) {
                    break;
                }
            } catch (MalformedMessageException e) {
                throw mayBeQuoted(next, in)
                        ? new PreludeException(e.getMessage() + "; came " + Octets.quoted(in), e)
                        : new PreludeException(next.names().get(0) + " is not as it is laid out", e);
            }
            due.remove();
        }
        return in.readerIndex() - index;
    }

    /** Whether what came holds no secret; where that is not known, whether the other end has not heard it yet. */
    private boolean mayBeQuoted(Due next, ByteBuf in) {
        return secret == null ? next.mayBeQuoted() : next.mayBeQuoted() || !Words.holds(in, secret);
    }
}
