package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How long frames with one first byte are.
 *
 * @param length empty where all have the same size
 * @param fixedBytes of these
 */
record ShapeGuess(Optional<LengthGuess> length, int fixedBytes) {
    private static final int MOST_FIXED_BYTES = 32;
    private static final int MOST_AT = 4;
    private static final int MOST_BIAS = 32;
    private static final List<ShapeGuess> ALL = all();

    /** The simplest first. */
    static List<ShapeGuess> candidates() {
        return ALL;
    }

    private static List<ShapeGuess> all() {
        List<ShapeGuess> all = new ArrayList<>();
        for (int bytes = 1; bytes <= MOST_FIXED_BYTES; bytes++) {
            all.add(new ShapeGuess(Optional.empty(), bytes));
        }
        for (int size = 1; size <= 2; size++) {
            for (int at = 1; at <= MOST_AT; at++) {
                for (Endian endian : size == 1 ? List.of(Endian.BIG) : List.of(Endian.values())) {
                    for (int bias = at + size; bias <= MOST_BIAS; bias++) {
                        all.add(new ShapeGuess(Optional.of(new LengthGuess(at, size, endian, 0, 8 * size, bias)), 0));
                    }
                }
            }
        }
        return List.copyOf(all);
    }

    /** The bytes of the frame that begins here, {@link LengthGuess#NO_FRAME} for none. */
    int total(byte[] bytes, int start) {
        return length.map(field -> field.total(bytes, start + field.at())).orElse(fixedBytes);
    }
}
