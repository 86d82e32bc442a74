package dev.tunbridge.sim.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each law against its closed formula, over a million packets and several seeds; bounds are five deviations wide. */
class LossStatisticsTest {
    private static final int PACKETS = 1_000_000;
    private static final double DEVIATIONS = 5;

    /** Share of hits, and the correlation between the fates of one packet and the next. */
    private record Observed(double share, double autocorrelation) {

        static Observed of(BooleanSupplier fate) {
            long hits = 0;
            long pairs = 0;
            boolean last = false;
            for (int i = 0; i < PACKETS; i++) {
                boolean hit = fate.getAsBoolean();
                hits += hit ? 1 : 0;
                pairs += hit && last ? 1 : 0;
                last = hit;
            }
            double share = (double) hits / PACKETS;
            double variance = share * (1 - share);
            double covariance = (double) pairs / PACKETS - share * share;
            return new Observed(share, variance == 0 ? 0 : covariance / variance);
        }
    }

    @ParameterizedTest
    @CsvSource({"0.01, 1", "0.01, 2", "0.03, 3", "0.5, 4", "0.0025, 5"})
    void independentLossHitsItsShareWithoutMemory(double share, long seed) {
        ChanceDraw draw = new ChanceDraw(Chance.independent(share), new SplittableRandom(seed));
        Observed observed = Observed.of(draw::next);
        assertThat(observed.share).isCloseTo(share, Offset.offset(deviation(share, 0)));
        assertThat(observed.autocorrelation).isCloseTo(0, Offset.offset(0.02));
    }

    @ParameterizedTest
    @CsvSource({"0.01, 0.5, 1", "0.025, 0.5, 2", "0.1, 0.25, 3", "0.3, 0.9, 4"})
    void correlatedLossKeepsItsShareAndItsCorrelation(double share, double correlation, long seed) {
        ChanceDraw draw = new ChanceDraw(Chance.correlated(share, correlation), new SplittableRandom(seed));
        Observed observed = Observed.of(draw::next);
        assertThat(observed.share).isCloseTo(share, Offset.offset(deviation(share, correlation)));
        assertThat(observed.autocorrelation).isCloseTo(correlation, Offset.offset(0.04));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void netemsLawSmoothsTheVariateAndLosesTheShare(long seed) {
        Chance half = new Chance(0.5, 0.5, Chance.Law.NETEM);
        Observed symmetric = Observed.of(new ChanceDraw(half, new SplittableRandom(seed))::next);
        assertThat(symmetric.share).isCloseTo(0.5, Offset.offset(0.01));
        assertThat(symmetric.autocorrelation).isBetween(0.25, 0.3);
        Chance small = new Chance(0.01, 0.5, Chance.Law.NETEM);
        assertThat(Observed.of(new ChanceDraw(small, new SplittableRandom(seed))::next).share)
                .isLessThan(1e-5);
    }

    @ParameterizedTest
    @CsvSource({"0.01, 0.25, 0.9, 0.01, 1", "0.01, 0.25, 0.9, 0.01, 2", "0.05, 0.5, 1, 0, 3", "0.2, 0.1, 0.5, 0.1, 4"})
    void gilbertElliottLosesItsStationaryShareInBursts(
            double toBad, double toGood, double lossBad, double lossGood, long seed) {
        GilbertElliott model = new GilbertElliott(toBad, toGood, lossBad, lossGood);
        double loss = model.stationaryLoss();
        Observed observed = Observed.of(new BurstLoss(model, new SplittableRandom(seed))::next);
        double memory = 1 - toBad - toGood;
        assertThat(observed.share).isCloseTo(loss, Offset.offset(deviation(loss, memory)));
        // Lag-1 covariance of the fates: that of the states, πG·πB·memory, times (difference of the losses)².
        double bad = toBad / (toBad + toGood);
        double expected = bad * (1 - bad) * memory * Math.pow(lossBad - lossGood, 2) / (loss * (1 - loss));
        assertThat(observed.autocorrelation).isCloseTo(expected, Offset.offset(0.04));
    }

    /** Of the mean of a chain whose autocorrelation falls by {@code correlation} a step. */
    private static double deviation(double share, double correlation) {
        double variance = share * (1 - share) * (1 + correlation) / (1 - correlation);
        return DEVIATIONS * Math.sqrt(variance / PACKETS);
    }
}
