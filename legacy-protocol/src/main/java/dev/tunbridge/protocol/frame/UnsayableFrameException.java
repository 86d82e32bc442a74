package dev.tunbridge.protocol.frame;

import java.util.Locale;

/**
 * A frame that its format has no way to write: it would hold the byte that ends it, or be of a type whose check nobody knows. Nothing was
 * written.
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
        super("a frame of format " + format + " would be of type " + type
                + ", which has no byte in frame.crcExtra; allowed: a type that has");
    }
}
