package dev.tunbridge.sim.link;

/**
 * How often something happens to a packet, and how much one packet's fate resembles the last one's.
 *
 * @param share of all packets, 0 to 1
 * @param correlation from one packet to the next, 0 (independent) to less than 1
 * @param law what correlation means
 */
public record Chance(double share, double correlation, Law law) {

    /** What a correlation does to the share. */
    public enum Law {
        /**
         * A packet repeats the fate of the one before it with the probability {@code correlation}, and is drawn anew
         * otherwise: a chain with exactly this share and exactly this autocorrelation, so that "1 %, 50 % correlated"
         * loses 1 %.
         */
        SHARE,
        /**
         * As netem does it: the uniform variate itself is smoothed, x' = (1 − ρ)u + ρx, and compared with the share.
         * The smoothed variate clusters around ½, so a small share nearly never happens (1 % at 50 % correlation is in
         * truth less than one packet in a hundred million). For comparison with figures that were taken with netem.
         */
        NETEM
    }

    public static final Chance NEVER = new Chance(0, 0, Law.SHARE);

    public Chance {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share " + share + "; allowed 0 to 1");
        }
        if (!(correlation >= 0 && correlation < 1)) {
            throw new IllegalArgumentException("correlation " + correlation + "; allowed 0 to less than 1");
        }
    }

    public static Chance independent(double share) {
        return new Chance(share, 0, Law.SHARE);
    }

    public static Chance correlated(double share, double correlation) {
        return new Chance(share, correlation, Law.SHARE);
    }

    public boolean isPossible() {
        return share > 0;
    }

    Chance withShare(double value) {
        return new Chance(value, correlation, law);
    }

    Chance withCorrelation(double value) {
        return new Chance(share, value, law);
    }

    Chance withLaw(Law value) {
        return new Chance(share, correlation, value);
    }
}
