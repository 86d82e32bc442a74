package dev.tunbridge.protocol.frame;

/** A payload so short that the format has no length for it. Nothing was written. */
public final class FrameTooShortException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    FrameTooShortException(String format, int payloadBytes, int minPayloadBytes) {
        super("a payload of " + payloadBytes + " bytes is too short for a frame of format " + format + "; allowed "
                + minPayloadBytes + " or more");
    }
}
