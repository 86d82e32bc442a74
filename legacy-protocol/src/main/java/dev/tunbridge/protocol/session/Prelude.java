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

/**
 * What one end says before its first frame: lines, blocks, raw bytes, as its script has them. It reads them in order, and from then
 * on frames are all there is. One direction of one connection, one thread.
 */
public final class Prelude {
    private final MessageCodec codec;
    private final Deque<Due> due;

    private Prelude(MessageCodec codec, Collection<Due> due) {
        this.codec = codec;
        this.due = new ArrayDeque<>(due);
    }

    /** What this end says. */
    public static Prelude of(SessionScript script, End from, MessageCodec codec) {
        return new Prelude(codec, script.unframed(from));
    }

    /** What is due, in order. */
    public static Prelude of(List<Due> due, MessageCodec codec) {
        return new Prelude(codec, due);
    }

    /** A stream that begins with a frame, or is met behind its beginning. */
    public static Prelude none(MessageCodec codec) {
        return new Prelude(codec, List.of());
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
                throw next.mayBeQuoted()
                        ? new PreludeException(e.getMessage() + "; came " + Octets.quoted(in), e)
                        : new PreludeException(next.names().get(0) + " is not as it is laid out", e);
            }
            due.remove();
        }
        return in.readerIndex() - index;
    }
}
