package dev.tunbridge.protocol.frame;

import org.jspecify.annotations.Nullable;

/** How bytes inside a frame are kept apart from the marks around it. */
public enum Escape {
    NONE,
    /** RFC 1662: 7E … 7E, with 7D before a byte that is flipped by 20. */
    HDLC,
    /** RFC 1055: C0 … C0, with DB DC and DB DD for C0 and DB. */
    SLIP,
    /** Consistent overhead byte stuffing (Cheshire and Baker 1999), closed by 00. */
    COBS,
    /** DLE STX … DLE ETX, with a DLE inside doubled. */
    DLE,
    /** SML's transport: words of 1B doubled, and a CRC in the mark that closes a frame. */
    SML,
    /** Nothing is escaped: a byte that stands nowhere else ends each frame ({@link FrameFormat#end}). */
    END;

    /** Whether one byte that occurs in no frame ends each: behind it the next begins for certain, whatever came before. */
    boolean isDelimited() {
        return this == HDLC || this == SLIP || this == COBS || this == END;
    }

    /** The stuffing, or null where there is none; the end's own depends on the format. */
    @Nullable
    Escaping escaping() {
        return switch (this) {
            case NONE, END -> null;
            case HDLC -> ByteStuffing.HDLC;
            case SLIP -> ByteStuffing.SLIP;
            case COBS -> CobsEscaping.COBS;
            case DLE -> DleEscaping.DLE;
            case SML -> SmlEscaping.SML;
        };
    }
}
