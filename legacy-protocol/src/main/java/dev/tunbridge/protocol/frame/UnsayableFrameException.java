package dev.tunbridge.protocol.frame;

import java.util.Locale;

/**
 * A frame that its format has no way to write: it would hold the byte that ends it, or be of a type whose check nobody knows, or of
 * another type than its payload says. Nothing was written.
 */
public final class UnsayableFrameException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    UnsayableFrameException(String format, int mark, int at) {
        super(String.format(
                Locale.ROOT,
                "byte %d of a frame of format %s would be %02X, which ends one; allowed: any other",
                at,
                format,
                mark));
    }

    UnsayableFrameException(String format, String type) {
        this("a frame of format " + format + " would be of type " + type
                + ", which has no byte in frame.crcExtra; allowed: a type that has");
    }

    private UnsayableFrameException(String message) {
        super(message);
    }

    /** @param said by the payload */
    static UnsayableFrameException ofType(String format, int type, String said) {
        return new UnsayableFrameException("the payload of a frame of format " + format + " says the type " + said
                + ", and the frame is one of type " + Integer.toUnsignedString(type)
                + "; allowed: a payload that says so");
    }
}
