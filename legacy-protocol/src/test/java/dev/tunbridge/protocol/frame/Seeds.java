package dev.tunbridge.protocol.frame;

import java.util.List;
import java.util.Random;

/** Seeds of the generators: new ones in every run, or the one that a failure printed. */
public final class Seeds {
    private Seeds() {}

    /** One of the values. */
    public static <T> T pick(Random random, List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** {@code -Dtunbridge.seed=N} repeats a run. */
    public static long next() {
        return Long.getLong("tunbridge.seed", System.nanoTime());
    }
}
