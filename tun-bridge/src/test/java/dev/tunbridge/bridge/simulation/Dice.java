package dev.tunbridge.bridge.simulation;

import java.util.SplittableRandom;

/** Draws from one seed. Each model gets dice of its own, so that a draw more in one leaves the others as they were. */
public final class Dice {
    private final SplittableRandom random;

    public Dice(long seed) {
        this(new SplittableRandom(seed));
    }

    private Dice(SplittableRandom random) {
        this.random = random;
    }

    public Dice split() {
        return new Dice(random.split());
    }

    public boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** Both ends included. */
    public int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    public long between(long least, long most) {
        return least + random.nextLong(most - least + 1);
    }

    /** As likely between 1 and 10 as between 10 and 100. */
    public long logBetween(long least, long most) {
        double span = Math.log((double) most / least);
        return Math.min(most, Math.round(least * Math.exp(random.nextDouble() * span)));
    }

    /** Exponentially distributed, at most twenty times its mean. */
    public long exponential(long mean) {
        return (long) Math.min(20.0 * mean, -mean * Math.log(1 - random.nextDouble()));
    }

    public int nextInt() {
        return random.nextInt();
    }

    public long nextLong() {
        return random.nextLong();
    }

    public double oneOf(double... values) {
        return values[random.nextInt(values.length)];
    }

    public int oneOf(int... values) {
        return values[random.nextInt(values.length)];
    }

    public void fill(byte[] bytes, int from, int to) {
        long word = 0;
        for (int i = from; i < to; i++) {
            if ((i - from) % Long.BYTES == 0) {
                word = random.nextLong();
            }
            bytes[i] = (byte) word;
            word >>>= 8;
        }
    }
}
