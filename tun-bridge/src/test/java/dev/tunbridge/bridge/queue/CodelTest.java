package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** CoDel's decisions, packet by packet, where the interval is 100 ms and the target 5 ms. */
class CodelTest {
    private static final long MS = 1_000_000;
    private static final int PACKET = 1514;
    private static final int MUCH = 100 * PACKET;

    private final CodelTiming timing = new CodelTiming();
    private final Codel codel = new Codel(timing);

    @Test
    void signalsAfterAnIntervalAboveTheTargetAndThenBySquareRoots() {
        List<Long> signals = signals(0, 400, 10 * MS);
        // RFC 8289 section 5.3: 100 ms after the first, then interval / sqrt(count).
        List<Long> expected = new ArrayList<>();
        double at = 100;
        for (int count = 1; at <= 400; count++) {
            expected.add((long) Math.ceil(at - 1e-4));
            at += 100 / Math.sqrt(count);
        }
        assertThat(signals).isEqualTo(expected).hasSizeGreaterThan(4);
    }

    @Test
    void oneShortSojournEndsItAndTheIntervalBeginsAnew() {
        assertThat(signals(0, 99, 10 * MS)).isEmpty();
        assertThat(due(4 * MS, MUCH, 100)).isFalse();
        assertThat(signals(101, 199, 10 * MS)).isEmpty();
        assertThat(signals(200, 201, 10 * MS)).containsExactly(201L);
        assertThat(due(4 * MS, MUCH, 202)).isFalse();
        assertThat(signals(203, 302, 10 * MS)).isEmpty();
    }

    @Test
    void aSojournBelowTheTargetNeverSignals() {
        assertThat(signals(0, 2_000, 5 * MS - 1)).isEmpty();
        assertThat(signals(2_001, 4_000, 5 * MS)).isNotEmpty();
    }

    @Test
    void aQueueOfOnePacketIsNoneThatCouldBeShorter() {
        for (int ms = 0; ms < 1_000; ms++) {
            assertThat(due(500 * MS, PACKET, ms)).isFalse();
        }
        for (int ms = 1_000; ms < 1_100; ms++) {
            assertThat(due(500 * MS, PACKET + 1, ms)).isFalse();
        }
        assertThat(due(500 * MS, PACKET + 1, 1_100)).isTrue();
    }

    @Test
    void aSignalThatCouldNotBeGivenStaysDue() {
        assertThat(signals(0, 99, 10 * MS)).isEmpty();
        assertThat(due(10 * MS, MUCH, 100)).isTrue();
        assertThat(due(10 * MS, MUCH, 101)).isTrue();
        codel.signalled(101 * MS);
        assertThat(due(10 * MS, MUCH, 102)).isFalse();
    }

    @Test
    void remembersForAWhileHowOftenItHadToSignal() {
        int before = signals(0, 2_000, 10 * MS).size();
        assertThat(due(0, MUCH, 2_001)).isFalse();
        int soon = signals(2_002, 2_402, 10 * MS).size();
        Codel forgetful = new Codel(timing);
        int fresh = signals(forgetful, 2_002, 2_402, 10 * MS).size();
        assertThat(before).isGreaterThan(20);
        assertThat(soon).as("begins at the frequency that was reached").isGreaterThan(2 * fresh);

        assertThat(due(0, MUCH, 2_403)).isFalse();
        int late = signals(2_403 + 2_000, 2_403 + 2_400, 10 * MS).size();
        assertThat(late).as("after 16 intervals it begins anew").isEqualTo(fresh);
    }

    @Test
    void timesFollowThePath() {
        assertThat(timing.intervalNanos()).isEqualTo(100 * MS);
        assertThat(timing.targetNanos()).isEqualTo(5 * MS);
        timing.follow(new OuterPath(400 * MS, 0, 10_000_000, OuterPath.Phase.SETTLED), PACKET);
        assertThat(timing.intervalNanos()).isEqualTo(400 * MS);
        assertThat(timing.targetNanos()).isEqualTo(20 * MS);
        timing.follow(new OuterPath(10 * MS, 0, 125_000, OuterPath.Phase.SETTLED), PACKET);
        assertThat(timing.intervalNanos()).isEqualTo(100 * MS);
        assertThat(timing.targetNanos()).as("two packets at 1 Mbit/s").isEqualTo(2 * PACKET * 8_000L);
        timing.follow(OuterPath.UNKNOWN, PACKET);
        assertThat(timing.targetNanos()).isEqualTo(5 * MS);
    }

    @Test
    void aBurstOfTheConnectionIsNoStandingQueue() {
        timing.follow(new OuterPath(500 * MS, 40 * MS, 2_500_000, OuterPath.Phase.SETTLED), PACKET);
        assertThat(timing.targetNanos()).isEqualTo(160 * MS);
        assertThat(signals(0, 2_000, 150 * MS)).isEmpty();
        assertThat(signals(2_001, 4_000, 170 * MS)).isNotEmpty();
        timing.follow(new OuterPath(500 * MS, 900 * MS, 2_500_000, OuterPath.Phase.SETTLED), PACKET);
        assertThat(timing.targetNanos()).as("no more than the interval").isEqualTo(500 * MS);
    }

    @Test
    void aConnectionThatStillGrowsIsNotSignalledFor() {
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.GROWING), PACKET);
        assertThat(signals(0, 5_000, 2_000 * MS)).isEmpty();
        timing.follow(new OuterPath(50 * MS, 0, 2_500_000, OuterPath.Phase.SETTLED), PACKET);
        assertThat(signals(5_001, 5_300, 2_000 * MS)).isNotEmpty();
    }

    private List<Long> signals(int fromMs, int toMs, long sojournNanos) {
        return signals(codel, fromMs, toMs, sojournNanos);
    }

    /** A packet a millisecond; the milliseconds at which one was signalled, both ends included. */
    private static List<Long> signals(Codel codel, int fromMs, int toMs, long sojournNanos) {
        List<Long> signals = new ArrayList<>();
        for (long ms = fromMs; ms <= toMs; ms++) {
            if (codel.isSignalDue(sojournNanos, MUCH, PACKET, ms * MS)) {
                codel.signalled(ms * MS);
                signals.add(ms);
            }
        }
        return signals;
    }

    private boolean due(long sojournNanos, int bytesBehind, int ms) {
        return codel.isSignalDue(sojournNanos, bytesBehind, PACKET, ms * MS);
    }
}
