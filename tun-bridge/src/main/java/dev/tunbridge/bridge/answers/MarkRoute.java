package dev.tunbridge.bridge.answers;

import java.io.IOException;

/** A rule and a table that lead packets with a mark into a device, until it is closed. */
public interface MarkRoute extends AutoCloseable {
    /** The bits of a mark that are ours; others use the rest. */
    int MASK = 0xffff_0000;

    /** What is in those bits; no other device has it. */
    int mark();

    /** Takes rule and route back; what is gone already is no fault. Does no harm twice. */
    @Override
    void close() throws IOException;

    /** Makes one, in the calling thread's network namespace. */
    @FunctionalInterface
    interface Maker {
        /** What a killed process has left for this device is replaced. */
        MarkRoute lead(String device, IpFamily family) throws IOException;
    }
}
