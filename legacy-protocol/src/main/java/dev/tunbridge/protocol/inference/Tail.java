package dev.tunbridge.protocol.inference;

import java.util.Optional;

/** What makes a frame sure: its check, that of the header, and the bytes that close it. */
record Tail(Optional<CheckGuess> check, Optional<CheckGuess> headerCheck, int trailerBytes) {
    /** How much is tried for a check. */
    enum Depth {
        CATALOGUE,
        SOLVED
    }

    private static final int MOST_TRAILER_BYTES = 4;
    private static final int FRAMES_FOR_TRAILER = 8;

    /**
     * What closes frames; the header is not looked at.
     *
     * @param fieldsEnd where the header ends at the earliest
     * @param depth whether parameters that no catalogue has are worked out too
     */
    static Tail of(Cut cut, int fieldsEnd, Depth depth, WorkBound work) {
        int closing = closing(cut, fieldsEnd + 1);
        CheckSearch search = new CheckSearch(cut, work);
        for (int trailer = 0; trailer <= closing; trailer++) {
            Optional<CheckGuess> check = search.ofFrame(trailer, fieldsEnd);
            if (check.isEmpty()) {
                check = DigitCheck.of(cut, trailer, work);
            }
            if (check.isEmpty()) {
                check = ExtraByteCheck.of(cut, trailer, fieldsEnd, work);
            }
            if (check.isPresent()) {
                return new Tail(check, Optional.empty(), trailer);
            }
        }
        if (depth == Depth.SOLVED) {
            Optional<CheckGuess> solved = search.solved(closing);
            if (solved.isPresent()) {
                return new Tail(solved, Optional.empty(), closing);
            }
        }
        return new Tail(
                Optional.empty(), Optional.empty(), cut.frames() < FRAMES_FOR_TRAILER ? 0 : notZero(cut, closing));
    }

    /** The same with the check of the header, if there is one. */
    Tail withHeaderCheck(Cut cut, int fieldsEnd, Depth depth, WorkBound work) {
        return new Tail(check, HeaderCheck.of(cut, fieldsEnd, this, depth, work), trailerBytes);
    }

    /** Bytes behind the payload. */
    int bytes() {
        return trailerBytes
                + check.filter(CheckGuess::isBehind).map(CheckGuess::wireBytes).orElse(0);
    }

    /** Between escapes there is none: what always ends the content is part of it. */
    Tail withoutTrailer() {
        return trailerBytes == 0 ? this : new Tail(Optional.empty(), headerCheck, 0);
    }

    /** The closing bytes alone. */
    static Tail withoutCheck(Cut cut, int fieldsEnd) {
        int closing = closing(cut, fieldsEnd);
        return new Tail(
                Optional.empty(), Optional.empty(), cut.frames() < FRAMES_FOR_TRAILER ? 0 : notZero(cut, closing));
    }

    private static int closing(Cut cut, int fieldsEnd) {
        int closing = 0;
        while (closing < Math.min(MOST_TRAILER_BYTES, cut.shortest() - fieldsEnd)
                && Column.fromEnd(cut, closing).isConstant()) {
            closing++;
        }
        return closing;
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
