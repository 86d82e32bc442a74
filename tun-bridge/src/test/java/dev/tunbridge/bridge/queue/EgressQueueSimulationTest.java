package dev.tunbridge.bridge.queue;

import static dev.tunbridge.bridge.queue.ModelUplink.MS;
import static dev.tunbridge.bridge.queue.ModelUplink.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The queue against model TCP senders in virtual time: is what stands in it little, is the line used, is a pause punished? */
class EgressQueueSimulationTest {
    private static final int LOWAT = 16 * 1024;
    private static final long MBIT = 125_000;
    private static final double UNLIMITED = 1_000_000;
    private static final int VOICE = 99;
    /** 1,400 bytes at 40 Mbit/s. */
    private static final long PACKET_GAP_NANOS = 280_000;

    /** What a pause is to a clock on the wall. */
    private static final class WallClockTiming extends CodelTiming {
        @Override
        long gapNanos(long busyNanos) {
            return Long.MAX_VALUE;
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Mbit/s, round trip in ms, flows, most ms for half of the packets and for 19 of 20, least use of the line
        "2, 10, 1, 15, 50, 0.99",
        "20, 10, 1, 6, 12, 0.99",
        "20, 50, 1, 6, 12, 0.85",
        "20, 10, 16, 30, 45, 0.99",
        "20, 50, 16, 25, 45, 0.99",
        "20, 200, 16, 10, 50, 0.95",
        "100, 10, 1, 5, 8, 0.95",
        "100, 50, 16, 5, 15, 0.95"
    })
    void littleStandsInTheQueueAndTheLineIsUsed(
            long mbit, long rttMs, int flows, double half, double most, double leastUse) {
        for (boolean canMark : new boolean[] {false, true}) {
            ModelUplink uplink = uplink(options(true), mbit * MBIT, rttMs * MS, canMark);
            start(uplink, flows, UNLIMITED);
            uplink.run(10 * SECOND);
            uplink.measure();
            QueueStats before = uplink.queue.stats();
            uplink.run(20 * SECOND);
            QueueStats after = uplink.queue.stats();
            String which = canMark ? "marked" : "dropped";
            assertThat(uplink.sojournMillis(1, 50)).as(which).isLessThanOrEqualTo(half);
            assertThat(uplink.sojournMillis(1, 95)).as(which).isLessThanOrEqualTo(most);
            assertThat(uplink.utilisation()).as(which).isGreaterThanOrEqualTo(leastUse);
            assertThat(after.pauses())
                    .as("a line that always sends never pauses")
                    .isZero();
            long dropped = after.dropped() - before.dropped();
            long marked = after.marked() - before.marked();
            assertThat(canMark ? marked : dropped).isPositive();
            assertThat(canMark ? dropped : marked).isZero();
            uplink.queue.clear();
        }
    }

    @ParameterizedTest
    @CsvSource({"20, 10, 1", "20, 50, 16", "2, 50, 1"})
    void aPlainQueueStandsFull(long mbit, long rttMs, int flows) {
        ModelUplink plain = uplink(options(false), mbit * MBIT, rttMs * MS, true);
        ModelUplink managed = uplink(options(true), mbit * MBIT, rttMs * MS, true);
        for (ModelUplink uplink : List.of(plain, managed)) {
            start(uplink, flows, UNLIMITED);
            uplink.run(10 * SECOND);
            uplink.measure();
            uplink.run(20 * SECOND);
        }
        assertThat(plain.sojournMillis(1, 50)).isGreaterThan(3 * managed.sojournMillis(1, 50));
        assertThat(plain.queue.stats().marked()).isZero();
        plain.queue.clear();
        managed.queue.clear();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 16})
    void aVoiceFlowDoesNotNoticeTheUploads(int flows) {
        ModelUplink uplink = uplink(options(true), 20 * MBIT, 50 * MS, false);
        start(uplink, flows, UNLIMITED);
        speak(uplink);
        uplink.run(5 * SECOND);
        uplink.measure();
        uplink.run(20 * SECOND);
        // Half of what the socket holds unsent goes out before it asks again.
        double turnMillis = LOWAT / 2 * 1_000 / (20.0 * MBIT);
        assertThat(uplink.sojournMillis(VOICE, 100)).isLessThanOrEqualTo(turnMillis + 1);
        assertThat(uplink.queue.stats().of(TrafficClass.PROMPT).dropped()).isZero();
        uplink.queue.clear();
    }

    @ParameterizedTest
    @ValueSource(longs = {300, 1_000, 2_000})
    void aPauseCostsAWindowThatFitsThePathNothing(long pauseMillis) {
        // The path holds 89 packets and the socket 11; by the clock on the wall each would have waited the whole pause.
        ModelUplink uplink = uplink(options(true), 20 * MBIT, 50 * MS, false);
        List<ModelSender> senders = start(uplink, 1, 95);
        pause(uplink, pauseMillis);
        uplink.run(40 * SECOND);
        assertThat(uplink.queue.stats().pauses()).isEqualTo(10);
        assertThat(uplink.sojournMillis(1, 100)).isGreaterThan((double) (pauseMillis - 10));
        assertThat(uplink.queue.stats().dropped()).isZero();
        assertThat(senders.get(0).reductions()).isZero();
        uplink.queue.clear();

        ModelUplink standing = uplink(options(true), 20 * MBIT, 50 * MS, false);
        start(standing, 1, 130);
        standing.run(40 * SECOND);
        assertThat(standing.queue.stats().dropped())
                .as("one that does not fit is told so, without any pause")
                .isPositive();
        standing.queue.clear();
    }

    @ParameterizedTest
    @CsvSource({"1, 10", "1, 50", "4, 10", "4, 50", "16, 50"})
    void pausesAddNoSignals(int flows, long rttMs) {
        long withoutPauses = signals(flows, rttMs, 0, new CodelTiming());
        // 25 of the 35 seconds are left. Each pause may shift what was due anyway: two signals for each flow.
        long withPauses = signals(flows, rttMs, 1_000, new CodelTiming());
        assertThat(withPauses).isLessThanOrEqualTo(withoutPauses * 25 / 35 + 20L * flows);
    }

    @Test
    void byTheClockOnTheWallAPauseWouldBePaidForAtOnce() {
        assertThat(droppedAfterAPause(new CodelTiming())).isLessThanOrEqualTo(3);
        assertThat(droppedAfterAPause(new WallClockTiming())).isGreaterThan(30);
    }

    /** A flow that sends twice what the line holds and heeds nothing, until CoDel signals often; then a pause of a second. */
    private static long droppedAfterAPause(CodelTiming timing) {
        ModelUplink uplink = new ModelUplink(options(true), 20 * MBIT, 50 * MS, LOWAT, false, timing);
        for (long i = 0; i < 12_000; i++) {
            uplink.after(i * PACKET_GAP_NANOS, () -> uplink.send(1, 1_400));
        }
        uplink.stall(2 * SECOND, SECOND);
        uplink.run(2 * SECOND + 990 * MS);
        long before = uplink.queue.stats().of(TrafficClass.BULK).droppedByCodel();
        assertThat(before).as("CoDel was signalling").isGreaterThan(30);
        // The first turn after the pause, and one more.
        uplink.run(20 * MS);
        long after = uplink.queue.stats().of(TrafficClass.BULK).droppedByCodel();
        uplink.queue.clear();
        return after - before;
    }

    private static long signals(int flows, long rttMs, long pauseMillis, CodelTiming timing) {
        ModelUplink uplink = new ModelUplink(
                new QueueOptions(1 << 20, true, true, List.of()), 20 * MBIT, rttMs * MS, LOWAT, true, timing);
        start(uplink, flows, UNLIMITED);
        if (pauseMillis > 0) {
            pause(uplink, pauseMillis);
        }
        uplink.run(5 * SECOND);
        long before = uplink.queue.stats().marked();
        uplink.measure();
        uplink.run(35 * SECOND);
        assertThat(uplink.utilisation()).isGreaterThan(0.85);
        long signals = uplink.queue.stats().marked() - before;
        uplink.queue.clear();
        return signals;
    }

    /** Ten pauses, each three seconds after the one before. */
    private static void pause(ModelUplink uplink, long millis) {
        for (long second = 10; second < 40; second += 3) {
            uplink.stall(second * SECOND, millis * MS);
        }
    }

    private static QueueOptions options(boolean aqm) {
        return new QueueOptions(256 * 1024, aqm, true, List.of());
    }

    private static ModelUplink uplink(QueueOptions options, long bytesPerSecond, long rttNanos, boolean canMark) {
        return new ModelUplink(options, bytesPerSecond, rttNanos, LOWAT, canMark, new CodelTiming());
    }

    private static List<ModelSender> start(ModelUplink uplink, int flows, double mostPackets) {
        List<ModelSender> senders = new ArrayList<>();
        for (int flow = 1; flow <= flows; flow++) {
            ModelSender sender = new ModelSender(uplink, flow, mostPackets);
            senders.add(sender);
            uplink.after(flow * (7 * MS), sender::send);
        }
        return senders;
    }

    private static void speak(ModelUplink uplink) {
        uplink.send(VOICE, 200);
        uplink.after(20 * MS, () -> speak(uplink));
    }
}
