package dev.tunbridge.protocol.frame;

import java.util.Locale;

/** A frame that would hold the byte that ends it, which its format has no way to write. Nothing was written. */
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
}
