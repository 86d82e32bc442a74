package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/** Takes what a {@link TunDevice} reads, on the device's event loop. */
public interface TunHandler {
    /**
     * One whole IP packet of at most the interface's MTU, contiguous, its checksums finished if the kernel sent it. The
     * bytes are valid during the call only; the callee may overwrite them within [index, index + length).
     */
    void onPacket(ByteBuf buffer, int index, int length);

    /** The device is read dry, or its turn is over and the rest follows in the next. */
    void onReadComplete();

    /**
     * The interface is gone or unusable. Nothing follows; the owner closes the device. While reading is paused this is
     * noticed by the next write, or when reading is resumed.
     */
    void onDeviceLost(IOException cause);
}
