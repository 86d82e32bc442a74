package dev.tunbridge.sim.link;

import static dev.tunbridge.sim.link.VirtualLink.MILLISECOND;
import static dev.tunbridge.sim.link.VirtualLink.impairment;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImpairedDirectionTest {

    @Test
    void deliversAtOnceAndUnchangedWithoutImpairment() {
        try (VirtualLink link = new VirtualLink(Impairment.NONE, 1)) {
            link.sendMany(100, 1514, 1000);
            assertThat(link.arrivals).hasSize(100);
            assertThat(link.arrivals.get(41)).isEqualTo(new VirtualLink.Arrival(41, 1514, 41_000));
            assertThat(link.flippedBits()).isZero();
        }
    }

    @Test
    void delaysEachPacketByTransmissionAndPropagation() {
        try (VirtualLink link = new VirtualLink(impairment("delay=25ms", "rate=20mbit", "queue=250kB"), 1)) {
            link.send(1000);
            link.send(500);
            link.runUntilEmpty();
            // 1000 bytes take 400 µs at 20 Mbit/s, and the second packet stands behind the first.
            assertThat(link.arrivals)
                    .containsExactly(
                            new VirtualLink.Arrival(0, 1000, 25 * MILLISECOND + 400_000),
                            new VirtualLink.Arrival(1, 500, 25 * MILLISECOND + 600_000));
        }
    }

    @Test
    void keepsTheRateWhenItIsLookedAtLate() {
        try (VirtualLink link = new VirtualLink(impairment("rate=8mbit", "queue=1MB"), 1)) {
            for (int i = 0; i < 20; i++) {
                link.send(1000);
            }
            link.nowNanos = 10 * MILLISECOND + 1;
            link.send(1000);
            // One packet leaves each millisecond: ten are through, though nobody looked in between.
            assertThat(link.arrivals).hasSize(10);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void passesTheRateAndNoMore(long seed) {
        try (VirtualLink link = new VirtualLink(impairment("rate=20mbit", "queue=250kB"), seed)) {
            // Offered: 24 Mbit/s for 10 s.
            link.sendMany(20_000, 1500, MILLISECOND / 2);
            double megabits = link.counters.deliveredBytes() * 8e-6 / (link.nowNanos * 1e-9);
            assertThat(megabits).isBetween(19.99, 20.001);
        }
    }

    @Test
    void dropsTheTailOfAFullQueueToTheByte() {
        try (VirtualLink link = new VirtualLink(impairment("rate=1mbit", "queue=10000"), 1)) {
            for (int i = 0; i < 15; i++) {
                link.send(1000);
            }
            assertThat(link.packets(LinkEvent.QUEUE_FULL)).isEqualTo(5);
            link.runUntilEmpty();
            assertThat(link.arrivals)
                    .extracting(VirtualLink.Arrival::number)
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        }
    }

    @Test
    void sendsAPacketLargerThanTheQueueWhenTheLineIsIdle() {
        try (VirtualLink link = new VirtualLink(impairment("rate=1mbit", "queue=100"), 1)) {
            link.send(1000);
            link.send(1000);
            link.runUntilEmpty();
            assertThat(link.arrivals).hasSize(1);
            assertThat(link.packets(LinkEvent.QUEUE_FULL)).isEqualTo(1);
        }
    }

    @Test
    void losesAfterTheQueueSoThatALostPacketHasUsedTheLine() {
        try (VirtualLink link = new VirtualLink(impairment("rate=8mbit", "queue=1MB", "drop.bytes=1"), 1)) {
            TcpFrames tcp = new TcpFrames(40_000, 7000, 1);
            link.sendFrame(tcp.syn());
            link.runUntilEmpty();
            long start = link.nowNanos;
            link.sendFrame(tcp.data(0, 1000 - TcpFrames.HEADERS_BYTES));
            link.sendFrame(tcp.data(2000, 1000 - TcpFrames.HEADERS_BYTES));
            link.runUntilEmpty();
            assertThat(link.packets(LinkEvent.DROPPED_EXACTLY)).isEqualTo(1);
            assertThat(link.nowNanos - start).isEqualTo(2 * MILLISECOND);
        }
    }

    @Test
    void variesTheDelayEvenlyAndKeepsOrder() {
        try (VirtualLink link = new VirtualLink(impairment("delay=4ms", "jitter=1ms"), 7)) {
            link.sendMany(20_000, 200, 3 * MILLISECOND);
            link.runUntilEmpty();
            double sum = 0;
            double squares = 0;
            for (VirtualLink.Arrival arrival : link.arrivals) {
                double delay = (arrival.atNanos() - arrival.number() * 3.0 * MILLISECOND) / MILLISECOND;
                assertThat(delay).isBetween(3.0, 5.0);
                sum += delay;
                squares += delay * delay;
            }
            double mean = sum / 20_000;
            assertThat(mean).isBetween(3.98, 4.02);
            // The variance of an even distribution of width 2 is a third.
            assertThat(squares / 20_000 - mean * mean).isBetween(0.32, 0.345);
        }
    }

    @Test
    void keepsOrderWhenPacketsAreCloserThanTheJitter() {
        try (VirtualLink link = new VirtualLink(impairment("delay=4ms", "jitter=1ms"), 7)) {
            link.sendMany(5_000, 200, MILLISECOND / 10);
            link.runUntilEmpty();
            assertThat(link.arrivals).extracting(VirtualLink.Arrival::number).isSorted();
        }
    }

    @Test
    void reorderedPacketsSkipTheDelayAndOvertake() {
        try (VirtualLink link = new VirtualLink(impairment("delay=10ms", "reorder=5"), 3)) {
            link.sendMany(40_000, 200, MILLISECOND);
            link.runUntilEmpty();
            long early = link.arrivals.stream()
                    .filter(arrival -> arrival.atNanos() == arrival.number() * MILLISECOND)
                    .count();
            assertThat(early).isEqualTo(link.packets(LinkEvent.REORDERED));
            assertThat(early / 40_000.0).isBetween(0.046, 0.054);
            assertThat(link.arrivals).hasSize(40_000);
        }
    }

    @Test
    void duplicatesArriveTogetherAndCostTheLineNothing() {
        try (VirtualLink link =
                new VirtualLink(impairment("delay=1ms", "rate=8mbit", "queue=1MB", "duplicate=10"), 3)) {
            link.sendMany(20_000, 1000, MILLISECOND);
            link.runUntilEmpty();
            long copies = link.packets(LinkEvent.DUPLICATED);
            assertThat(copies / 20_000.0).isBetween(0.09, 0.11);
            assertThat(link.arrivals).hasSize(20_000 + (int) copies);
            assertThat(link.nowNanos).isEqualTo(20_001 * MILLISECOND);
        }
    }

    @Test
    void corruptionFlipsOneBitBehindTheEthernetHeader() {
        try (VirtualLink link = new VirtualLink(impairment("corrupt=100"), 3)) {
            link.sendMany(2_000, 1514, MILLISECOND);
            assertThat(link.packets(LinkEvent.CORRUPTED)).isEqualTo(2_000);
            // Flips within the packet's number, four bytes of 1,500, are not seen as flips.
            assertThat(link.flippedBits()).isBetween(1_950L, 2_000L);
        }
    }

    @Test
    void nothingPassesDuringABlackout() throws Exception {
        Impairment blackout = LinkProfile.named("blackout")
                .with(List.of("rate=0", "delay=0ms", "blackout.at=1s", "blackout.for=500ms", "blackout.every=2s"))
                .ab();
        try (VirtualLink link = new VirtualLink(blackout, 3)) {
            link.sendMany(6_000, 100, MILLISECOND);
            for (VirtualLink.Arrival arrival : link.arrivals) {
                long inPeriod = arrival.atNanos() / MILLISECOND % 2_000;
                assertThat(inPeriod).matches(at -> at < 1_000 || at >= 1_500);
            }
            assertThat(link.packets(LinkEvent.BLACKED_OUT)).isEqualTo(1_500);
        }
    }

    @Test
    void blacksOutOnDemandWhatHasNotLeftTheQueue() {
        try (VirtualLink link = new VirtualLink(impairment("delay=100ms", "rate=8mbit", "queue=1MB"), 3)) {
            link.sendMany(10, 1000, 0);
            link.runTo(5 * MILLISECOND);
            link.blackOutFor(2 * MILLISECOND);
            link.runUntilEmpty();
            // The sixth packet leaves at 6 ms and is lost; at 7 ms the blackout is over.
            assertThat(link.arrivals)
                    .extracting(VirtualLink.Arrival::number)
                    .containsExactly(0, 1, 2, 3, 4, 6, 7, 8, 9);
        }
    }

    @Test
    void aChangeMeetsWhatStillWaits() {
        try (VirtualLink link = new VirtualLink(impairment("rate=8mbit", "queue=1MB"), 3)) {
            link.sendMany(10, 1000, 0);
            link.runTo(5 * MILLISECOND);
            link.change(impairment("rate=80mbit", "queue=1MB"));
            link.runTo(link.nowNanos + MILLISECOND / 2);
            assertThat(link.arrivals).hasSize(10);
            link.change(impairment("loss=100"));
            link.sendMany(10, 1000, 0);
            assertThat(link.packets(LinkEvent.LOST)).isEqualTo(10);
        }
    }

    @Test
    void liftingTheRateEmptiesTheQueueAtOnce() {
        try (VirtualLink link = new VirtualLink(impairment("rate=8kbit", "queue=1MB"), 3)) {
            link.sendMany(10, 1000, 0);
            link.change(Impairment.NONE);
            assertThat(link.arrivals).hasSize(10);
        }
    }

    @Test
    void thePoolBoundsWhatIsUnderWay() {
        PacketPool pool = new PacketPool();
        for (int i = 0; i < PacketPool.MAX_SLOTS; i++) {
            assertThat(pool.take()).isNotEqualTo(PacketPool.NONE);
        }
        assertThat(pool.take()).isEqualTo(PacketPool.NONE);
        pool.give(17);
        assertThat(pool.take()).isEqualTo(17);
        pool.release();
    }

    @Test
    void oneSeedMeansOneFateAndAnotherSeedAnother() throws Exception {
        assertThat(arrivalsOn("high", 5)).isEqualTo(arrivalsOn("high", 5)).isNotEqualTo(arrivalsOn("high", 6));
        assertThat(arrivalsOn("ge", 5)).isEqualTo(arrivalsOn("ge", 5)).isNotEqualTo(arrivalsOn("ge", 6));
    }

    @Test
    void everyPacketIsDeliveredOrCountedWithItsCause() {
        Impairment all = impairment(
                "delay=5ms",
                "jitter=1ms",
                "rate=10mbit",
                "queue=20kB",
                "loss=2",
                "ge.p=1",
                "ge.r=25",
                "ge.bad=90",
                "reorder=3",
                "duplicate=2",
                "corrupt=1",
                "blackout.at=1s",
                "blackout.for=100ms");
        try (VirtualLink link = new VirtualLink(all, 11)) {
            link.sendMany(20_000, 1500, MILLISECOND);
            link.runUntilEmpty();
            long gone = 0;
            for (LinkEvent cause :
                    List.of(LinkEvent.QUEUE_FULL, LinkEvent.LOST, LinkEvent.LOST_IN_BURST, LinkEvent.BLACKED_OUT)) {
                assertThat(link.packets(cause)).as(cause.words()).isPositive();
                gone += link.packets(cause);
            }
            assertThat(link.packets(LinkEvent.DELIVERED) + gone).isEqualTo(20_000 + link.packets(LinkEvent.DUPLICATED));
            assertThat(link.counters.toString()).startsWith("received 20000 (30000000 bytes), delivered ");
        }
    }

    private static List<VirtualLink.Arrival> arrivalsOn(String profile, long seed) throws LinkSettingException {
        try (VirtualLink link = new VirtualLink(LinkProfile.named(profile).ab(), seed)) {
            link.sendMany(3_000, 1200, MILLISECOND);
            link.runUntilEmpty();
            return link.arrivals;
        }
    }
}
