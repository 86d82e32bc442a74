package dev.tunbridge.protocol.inference;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A framing that was found, before it is written down.
 *
 * @param escape as a description names it; empty for none
 * @param end the byte that ends frames, if one does
 * @param growing a length that takes more bytes the greater it is; the cut is without its bytes then
 * @param cut the frames of all directions, unescaped
 * @param sharesFlags whether one mark stands between two frames
 * @param bits the odds against chance of the boundaries, without the check
 */
record Framed(
        Optional<String> escape,
        OptionalInt end,
        Optional<LengthGuess> length,
        Optional<GrowingGuess> growing,
        Cut cut,
        Optional<CheckGuess> check,
        Optional<CheckGuess> headerCheck,
        int trailerBytes,
        Header header,
        boolean sharesFlags,
        double bits) {
    int tailBytes() {
        return trailerBytes
                + check.filter(CheckGuess::isBehind).map(CheckGuess::wireBytes).orElse(0);
    }

    /** Whether marks tell frames apart. */
    boolean isDelimited() {
        return escape.isPresent() || end.isPresent();
    }

    double allBits() {
        return bits
                + check.map(CheckGuess::bits).orElse(0.0)
                + headerCheck.map(CheckGuess::bits).orElse(0.0);
    }

    /** Frames of one of several shapes. */
    static Framed ofShape(ShapeGuess shape, Cut cut, WorkBound work) {
        Optional<LengthGuess> length = shape.length().map(field -> field.repeated(cut));
        Tail tail = cut.shortest() == 1
                ? new Tail(Optional.empty(), Optional.empty(), 0)
                : length.map(field -> tail(field, cut, Tail.Depth.CATALOGUE, work))
                        .orElseGet(() -> Tail.of(cut, 1, Tail.Depth.CATALOGUE, work));
        Framed framed = of(Optional.empty(), OptionalInt.empty(), length, Optional.empty(), cut, tail, false, 0);
        return framed.with(length.isPresent() ? framed.header.behindFirstByte() : Header.ofFirstByte());
    }

    /** Frames with a check behind each block of their payload. */
    static Framed ofBlocks(BlockSearch.Found found, WorkBound work) {
        Optional<CheckGuess> headerCheck =
                HeaderCheck.within(found.cut(), found.length().end(), found.payloadAt(), work);
        Tail tail = new Tail(Optional.of(found.check()), headerCheck, 0);
        Framed framed = of(
                Optional.empty(),
                OptionalInt.empty(),
                Optional.of(found.length()),
                Optional.empty(),
                found.cut(),
                tail,
                false,
                -BlockSearch.BITS_OF_SEARCH);
        return framed.with(framed.header.endingAt(found.payloadAt()));
    }

    private Framed with(Header another) {
        return new Framed(
                escape, end, length, growing, cut, check, headerCheck, trailerBytes, another, sharesFlags, bits);
    }

    /** The bytes of each payload, where all frames have the same. */
    int fixedPayloadBytes() {
        return cut.longest() - header.payloadAt() - tailBytes();
    }

    /** The same length field with the check, if there is one, and all that lies in front of the payload. */
    static Framed of(LengthGuess guess, Cut cut, double bits, Tail.Depth depth, WorkBound work) {
        Tail tail = tail(guess, cut, depth, work);
        return of(Optional.empty(), OptionalInt.empty(), Optional.of(guess), Optional.empty(), cut, tail, false, bits);
    }

    private static Tail tail(LengthGuess length, Cut cut, Tail.Depth depth, WorkBound work) {
        return Tail.of(cut, length.end(), depth, work).withHeaderCheck(cut, length.lastEnd(), depth, work);
    }

    static Framed of(
            Optional<String> escape,
            OptionalInt end,
            Optional<LengthGuess> length,
            Optional<GrowingGuess> growing,
            Cut cut,
            Tail tail,
            boolean sharesFlags,
            double bits) {
        Optional<CheckGuess> headerCheck = tail.headerCheck();
        Header header = Header.of(cut, end, length, growing, tail.check(), headerCheck, tail.bytes());
        return new Framed(
                escape,
                end,
                length,
                growing,
                cut,
                tail.check(),
                headerCheck,
                tail.trailerBytes(),
                header,
                sharesFlags,
                bits);
    }
}
