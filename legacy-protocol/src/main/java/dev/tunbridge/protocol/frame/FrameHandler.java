package dev.tunbridge.protocol.frame;

/** Takes what a decoder finds, in the order of the stream. It must not call the decoder. */
public interface FrameHandler {
    /** A valid frame. The view is reused; its contents stay until the next call of {@code decode}. */
    void onFrame(FrameView frame);

    /** Synchronisation is lost at this stream offset. Called once per loss, however many candidates then fail. */
    void onBadFrame(BadFrame reason, long offset);

    /** Synchronisation is found again: no frame lies in the bytes from the one offset to before the other. */
    void onSkipped(long fromOffset, long toOffset);
}
