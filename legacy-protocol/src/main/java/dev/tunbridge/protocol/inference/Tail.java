package dev.tunbridge.protocol.inference;

import java.util.Optional;

/** What makes a frame sure: its check, that of the header, and the bytes that close it. */
record Tail(Optional<CheckGuess> check, Optional<CheckGuess> headerCheck, int trailerBytes) {
    private static final int MOST_TRAILER_BYTES = 4;
    private static final int FRAMES_FOR_TRAILER = 8;

    static Tail of(Cut cut, int fieldsEnd, WorkBound work) {
        int closing = 0;
        while (closing < Math.min(MOST_TRAILER_BYTES, cut.shortest() - fieldsEnd - 1)
                && Column.fromEnd(cut, closing).isConstant()) {
            closing++;
        }
        CheckSearch search = new CheckSearch(cut, work);
        for (int trailer = 0; trailer <= closing; trailer++) {
            Optional<CheckGuess> check = search.ofFrame(trailer, fieldsEnd);
            if (check.isPresent()) {
                return new Tail(check, Optional.empty(), trailer);
            }
        }
        Optional<CheckGuess> headerCheck = search.ofHeader(fieldsEnd);
        return new Tail(Optional.empty(), headerCheck, cut.frames() < FRAMES_FOR_TRAILER ? 0 : notZero(cut, closing));
    }

    /** Between escapes there is none: what always ends the content is part of it. */
    Tail withoutTrailer() {
        return trailerBytes == 0 ? this : new Tail(Optional.empty(), headerCheck, 0);
    }

    /** Zeros at the end are padding more often than a mark. */
    private static int notZero(Cut cut, int closing) {
        int trailer = closing;
        while (trailer > 0 && Column.fromEnd(cut, trailer - 1).first() == 0) {
            trailer--;
        }
        return trailer;
    }
}
