package dev.tunbridge.protocol.frame;

/** A payload that does not fit a frame. Nothing was written. */
public final class FrameTooLongException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FrameTooLongException(String format, int payloadBytes, int maxPayloadBytes) {
        super("a payload of " + payloadBytes + " bytes does not fit a frame of format " + format + "; allowed 0 to "
                + maxPayloadBytes);
    }
}
