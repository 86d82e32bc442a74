package dev.tunbridge.reassembly.capture;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;

/** A thread's own capabilities: on Linux each thread has them separately. */
final class Capabilities {
    private static final int VERSION_3 = 0x20080522;
    private static final int CAP_NET_RAW = 13;

    static {
        Native.register(Capabilities.class, "c");
    }

    private Capabilities() {}

    private static native int capget(Pointer header, Pointer data);

    private static native int capset(Pointer header, Pointer data);

    /** For the rest of this thread's life. */
    static void dropNetRawFromThisThread() throws IOException {
        Memory header = new Memory(8);
        header.setInt(0, VERSION_3);
        header.setInt(4, 0);
        Memory sets = new Memory(24);
        if (capget(header, sets) != 0) {
            throw new IOException("capget: errno " + Native.getLastError());
        }
        for (int set = 0; set < 3; set++) {
            sets.setInt(4L * set, sets.getInt(4L * set) & ~(1 << CAP_NET_RAW));
        }
        if (capset(header, sets) != 0) {
            throw new IOException("capset: errno " + Native.getLastError());
        }
    }
}
