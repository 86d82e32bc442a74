package dev.tunbridge.protocol.inference;

import java.util.Comparator;

/**
 * Which of several length fields that make the same frames is meant. Most such are one field seen with more or fewer of its bits; some
 * are the length of an inner packet, which goes along with that of the frame.
 */
final class FieldPreference {
    private static final Comparator<LengthGuess> ORDER = Comparator.comparingInt(LengthGuess::leastPlace)
            .thenComparing(LengthGuess::isWhole, Comparator.reverseOrder())
            .thenComparing(guess -> guess.shift() == 0, Comparator.reverseOrder())
            // Zeros in front belong to it as far as can be told, and reading them as such refuses nothing.
            .thenComparing(LengthGuess::size, Comparator.reverseOrder())
            .thenComparing(guess -> guess.bits() == 13, Comparator.naturalOrder()) // three flags: then rather four
            .thenComparing(LengthGuess::bits, Comparator.reverseOrder());

    private FieldPreference() {}

    static FrameStart.Framing better(FrameStart.Framing one, FrameStart.Framing two) {
        return isBetter(one.guess(), two.guess()) ? one : two;
    }

    static boolean isBetter(LengthGuess one, LengthGuess two) {
        return ORDER.compare(one, two) <= 0;
    }
}
