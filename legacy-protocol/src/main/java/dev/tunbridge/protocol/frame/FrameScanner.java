package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Finds the places in the middle of a stream where a frame may start. For one thread. */
public final class FrameScanner implements AutoCloseable {
    /** What {@link #nextStart} answers where every place is dead. */
    public static final int NONE = -1;

    private final FrameProbe probe;
    private long answer;

    public FrameScanner(FrameFormat format) {
        this.probe = new FrameProbe(format);
    }

    /** The first index in [from, limit) where a frame starts or, for all that can be known yet, may start. */
    public int nextStart(ByteBuf buffer, int from, int limit) {
        int at = probe.nextStart(buffer, from, limit);
        while (at < limit) {
            answer = probe.probe(buffer, at, limit);
            if (answer >= 0) {
                return at;
            }
            at = probe.nextStart(buffer, at + 1, limit);
        }
        return NONE;
    }

    /** The wire bytes of the whole frame at the last start found, or 0 where it is undecided. */
    public long frameBytes() {
        return answer;
    }

    @Override
    public void close() {
        probe.close();
    }
}
