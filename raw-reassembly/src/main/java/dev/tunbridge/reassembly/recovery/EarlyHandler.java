package dev.tunbridge.reassembly.recovery;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;

/** Takes frames from beyond a hole, if its own rules let it. */
public interface EarlyHandler {
    /** Answer to {@link #onEarlyFrame}: delivered; the kernel lane's copy is swallowed. */
    long DELIVERED = -1;

    /** Answer to {@link #onEarlyFrame}: never early, the kernel lane will bring it. */
    long REFUSED = -2;

    /** Set in the upper half of a ticket, it tells two kinds of waiting for the same flow apart. */
    int OTHER_KIND = 1 << 30;

    /**
     * A valid frame. The view and its bytes are valid during the call only.
     *
     * <p>A ticket has in its upper half, from 0 to 2³⁰ − 1, a number for the flow that the frame waits for, which may
     * have {@link #OTHER_KIND} added, and in its lower half the sequence number to which the flow must come: where a
     * ticket is not ripe, none of the same upper half and a later number is.
     *
     * @param grade how sure its boundary is
     * @return {@link #DELIVERED}, {@link #REFUSED}, or a ticket of 0 or more: not yet, but perhaps when {@link #isRipe} says so
     */
    long onEarlyFrame(FrameView frame, BoundaryGrade grade);

    /** The flow of the frame last delivered by {@link #onEarlyFrame}: what waits for it is looked at again. */
    int flow();

    /**
     * Whether a frame that was put off may be offered again. Cheap; to say yes wrongly costs another look at the frame,
     * to say no wrongly leaves it to the kernel lane.
     */
    boolean isRipe(long ticket);
}
