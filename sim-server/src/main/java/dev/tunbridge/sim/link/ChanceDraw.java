package dev.tunbridge.sim.link;

import java.util.SplittableRandom;

/** Draws the fate of one packet after the other from a {@link Chance}; keeps what correlation has to remember. */
final class ChanceDraw {
    private final SplittableRandom random;
    private Chance chance;
    private boolean lastFate;
    private double lastVariate;

    ChanceDraw(Chance chance, SplittableRandom random) {
        this.chance = chance;
        this.random = random;
        lastVariate = random.nextDouble();
        // The chain starts in its stationary state: the first packets are as likely to be hit as the later ones.
        lastFate = random.nextDouble() < chance.share();
    }

    void change(Chance newChance) {
        chance = newChance;
        lastFate &= newChance.isPossible();
    }

    boolean next() {
        if (!chance.isPossible()) {
            return false;
        }
        double correlation = chance.correlation();
        if (correlation == 0) {
            return random.nextDouble() < chance.share();
        }
        if (chance.law() == Chance.Law.NETEM) {
            lastVariate = (1 - correlation) * random.nextDouble() + correlation * lastVariate;
            return lastVariate < chance.share();
        }
        if (random.nextDouble() >= correlation) {
            lastFate = random.nextDouble() < chance.share();
        }
        return lastFate;
    }
}
