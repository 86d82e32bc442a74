package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.TunnelInfo;
import java.io.IOException;

/** Gives the device its address, routes and rules. Blocks, so it runs on a thread of its own. */
@FunctionalInterface
public interface NetworkSetup {

    /** For a device that needs nothing of the kernel, such as the in-memory one. */
    NetworkSetup NONE = tunnel -> () -> {};

    /** Sets up what the welcome says; the answer takes all of it back. */
    Undo setUp(TunnelInfo tunnel) throws IOException;

    /** Takes a set-up back; does nothing the second time. */
    @FunctionalInterface
    interface Undo {
        void undo() throws IOException;
    }
}
