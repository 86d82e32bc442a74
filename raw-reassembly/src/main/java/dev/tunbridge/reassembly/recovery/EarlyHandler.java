package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;

/** Takes frames from beyond a hole, if its own rules let it. */
public interface EarlyHandler {
    /** Answer to {@link #onEarlyFrame}: delivered; the kernel lane's copy is swallowed. */
    long DELIVERED = -1;

    /** Answer to {@link #onEarlyFrame}: never early, the kernel lane will bring it. */
    long REFUSED = -2;

    /**
     * A valid frame. The view and its bytes are valid during the call only.
     *
     * @param grade how sure its boundary is
     * @return {@link #DELIVERED}, {@link #REFUSED}, or a ticket of 0 or more: not yet, but perhaps when {@link #isRipe} says so
     */
    long onEarlyFrame(FrameView frame, BoundaryGrade grade);

    /** Whether a frame that was put off may be offered again. Cheap; to say yes wrongly does no harm. */
    boolean isRipe(long ticket);
}
