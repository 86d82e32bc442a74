package dev.tunbridge.reassembly.capture;

import java.io.IOException;

/** Where captured segments come from: a ring of the kernel, libpcap, or a file. For one thread. */
public interface SegmentSource extends AutoCloseable {
    /** What {@link #drain} answers at the end of a file; a live source never does. */
    int END = -1;

    /**
     * Hands over what has been captured, at most so many segments, and never waits.
     *
     * @return how many; 0 if none is there now; {@link #END}
     */
    int drain(SegmentHandler handler, int most) throws IOException;

    CaptureCounters counters();

    @Override
    void close();
}
