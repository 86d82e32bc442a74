package dev.tunbridge.sim.link;

import java.util.SplittableRandom;

/** Walks the two states of a {@link GilbertElliott}. Starts good, as netem does. */
final class BurstLoss {
    private final SplittableRandom random;
    private GilbertElliott model;
    private boolean bad;

    BurstLoss(GilbertElliott model, SplittableRandom random) {
        this.model = model;
        this.random = random;
    }

    void change(GilbertElliott newModel) {
        if (!newModel.equals(model)) {
            model = newModel;
            bad = false;
        }
    }

    boolean next() {
        if (!model.isPossible()) {
            return false;
        }
        boolean lost = random.nextDouble() < (bad ? model.lossBad() : model.lossGood());
        boolean moves = random.nextDouble() < (bad ? model.toGood() : model.toBad());
        bad ^= moves;
        return lost;
    }
}
