package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;

/** Captured packets that can be read more than once. */
@FunctionalInterface
public interface Recording {
    /** Reads from the beginning; the caller closes it. */
    SegmentSource open() throws IOException;
}
