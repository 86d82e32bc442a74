package dev.tunbridge.reassembly.capture;

import io.netty.channel.EventLoop;
import java.io.IOException;

/** A source of segments as they come. It captures from the moment when it is opened; {@link #drain} on the loop only. */
public interface LiveSource extends SegmentSource {
    /** From now on the loop calls {@code onReadable} whenever there is something to drain, again and again until it is drained. */
    void start(EventLoop loop, Runnable onReadable) throws IOException;

    /**
     * Captures nothing from now on, and costs the kernel next to nothing; what has been captured can still be drained.
     * On the loop.
     *
     * @return false if this source cannot rest
     */
    default boolean rest() {
        return false;
    }

    /** Captures again. On the loop. */
    default void wake() throws IOException {}
}
