package dev.tunbridge.sim.link;

/**
 * Loss in bursts: a hidden state that is good or bad, each with its own loss (Gilbert 1960, Elliott 1963; netem's
 * {@code loss gemodel p r 1-h 1-k}). The state moves once for each packet, after that packet's fate is decided.
 *
 * @param toBad probability p of good → bad
 * @param toGood probability r of bad → good
 * @param lossBad share lost while bad (1 − h)
 * @param lossGood share lost while good (1 − k)
 */
public record GilbertElliott(double toBad, double toGood, double lossBad, double lossGood) {

    public static final GilbertElliott OFF = new GilbertElliott(0, 1, 1, 0);

    public GilbertElliott {
        requireShare("p", toBad);
        requireShare("r", toGood);
        requireShare("loss in bad", lossBad);
        requireShare("loss in good", lossGood);
    }

    public boolean isPossible() {
        return lossGood > 0 || (toBad > 0 && lossBad > 0);
    }

    /** The share lost in the long run: πB = p / (p + r) of all packets meet the bad state. */
    public double stationaryLoss() {
        if (toBad == 0) {
            return lossGood;
        }
        double bad = toBad / (toBad + toGood);
        return bad * lossBad + (1 - bad) * lossGood;
    }

    private static void requireShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException("Gilbert-Elliott " + name + " " + value + "; allowed 0 to 1");
        }
    }
}
