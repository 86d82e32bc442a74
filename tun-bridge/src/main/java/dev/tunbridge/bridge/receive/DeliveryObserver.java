package dev.tunbridge.bridge.receive;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.reassembly.recovery.RecoveryListener;

/** Watches the receive path: for replay, tests and the simulation. */
public interface DeliveryObserver extends RecoveryListener {
    DeliveryObserver NONE = new DeliveryObserver() {};

    /** Who brought a frame. */
    enum Lane {
        KERNEL,
        EARLY
    }

    /**
     * A frame was delivered, as far as the filter lets it; the view is valid during the call.
     *
     * @param grade of its boundary; the kernel lane's are all proven
     * @param wholeNanos when the last of its bytes was captured, or {@link
     *     dev.tunbridge.reassembly.stream.HeldBytes#NEVER}
     */
    default void onFrame(Lane lane, BoundaryGrade grade, FrameView frame, long wholeNanos, long nowNanos) {}

    /** The kernel lane has reached a frame that had gone early. */
    default void onSwallowed(FrameView frame, long nowNanos) {}
}
