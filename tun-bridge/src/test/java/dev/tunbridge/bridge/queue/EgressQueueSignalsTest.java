package dev.tunbridge.bridge.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What CoDel asks of the listener, and what is counted, where 40 packets always wait, a millisecond each. */
class EgressQueueSignalsTest {
    private static final long MS = 1_000_000;
    private static final int STANDING = 40;

    private final List<Long> askedToMark = new ArrayList<>();
    private final List<Long> marked = new ArrayList<>();
    private final List<Long> dropped = new ArrayList<>();
    private final List<Long> sent = new ArrayList<>();
    private EgressQueue queue =
            queue(QueueOptions.of(256 * 1024), EgressQueueSignalsTest::none, EgressQueueSignalsTest::all);
    private long nextTag;

    @AfterEach
    void release() {
        queue.clear();
    }

    @Test
    void whatCanBeMarkedIsMarkedAndSent() {
        queue = queue(QueueOptions.of(256 * 1024), EgressQueueSignalsTest::all, EgressQueueSignalsTest::all);
        stand(1_000);
        assertThat(dropped).isEmpty();
        // The first after an interval, then at 200, 271, 328 ... ms: RFC 8289 section 5.3.
        assertThat(marked).hasSizeBetween(20, 40).isEqualTo(askedToMark);
        assertThat(sent).containsAll(marked);
        assertThat(queue.stats().of(TrafficClass.BULK).marked()).isEqualTo(marked.size());
        assertThat(queue.stats().marked()).isEqualTo(marked.size());
    }

    @Test
    void whatCannotBeMarkedIsDropped() {
        stand(1_000);
        assertThat(dropped).hasSizeBetween(20, 40).isEqualTo(askedToMark);
        assertThat(sent).doesNotContainAnyElementsOf(dropped);
        QueueStats.OfClass bulk = queue.stats().of(TrafficClass.BULK);
        assertThat(bulk.droppedByCodel()).isEqualTo(dropped.size());
        assertThat(bulk.droppedBytes()).isEqualTo(1_000L * dropped.size());
        assertThat(bulk.droppedByBound()).isZero();
        assertThat(bulk.marked()).isZero();
    }

    @Test
    void withEcnSwitchedOffNothingIsMarked() {
        queue = queue(
                new QueueOptions(256 * 1024, true, false, List.of()),
                EgressQueueSignalsTest::all,
                EgressQueueSignalsTest::all);
        stand(1_000);
        assertThat(askedToMark).isEmpty();
        assertThat(dropped).hasSizeBetween(20, 40);
    }

    @Test
    void withAqmSwitchedOffNothingIsSignalled() {
        queue = queue(
                new QueueOptions(256 * 1024, false, true, List.of()),
                EgressQueueSignalsTest::all,
                EgressQueueSignalsTest::all);
        stand(1_000);
        assertThat(askedToMark).isEmpty();
        assertThat(dropped).isEmpty();
        assertThat(sent).hasSize(1_000);
    }

    @Test
    void codelSparesWhatMayNotBeDroppedAndSignalsOnALaterOne() {
        stand(1_000);
        int withoutSparing = dropped.size();
        List<Long> first = List.copyOf(dropped);
        release();
        forget();
        queue = queue(QueueOptions.of(256 * 1024), EgressQueueSignalsTest::none, tag -> tag % 3 == 0);
        stand(1_000);
        assertThat(dropped).allMatch(tag -> tag % 3 == 0);
        assertThat(dropped.get(0)).isBetween(first.get(0), first.get(0) + 2);
        assertThat(dropped).hasSizeBetween(withoutSparing - 2, withoutSparing);

        release();
        forget();
        queue = queue(QueueOptions.of(256 * 1024), EgressQueueSignalsTest::none, EgressQueueSignalsTest::none);
        stand(1_000);
        assertThat(dropped).as("if none may be").isEmpty();
        assertThat(askedToMark).as("it stays due").hasSizeGreaterThan(500);
    }

    @Test
    void tellsTimesThatFollowThePath() {
        assertThat(queue.stats().intervalNanos()).isEqualTo(100 * MS);
        assertThat(queue.stats().targetNanos()).isEqualTo(5 * MS);
        queue.path(new OuterPath(300 * MS, 0, 10_000_000, OuterPath.Phase.SETTLED));
        assertThat(queue.stats().intervalNanos()).isEqualTo(300 * MS);
        assertThat(queue.stats().targetNanos()).isEqualTo(15 * MS);
        stand(600);
        assertThat(dropped).as("300 ms to begin with, and 300 more").hasSize(1);
    }

    @Test
    void tellsHowLongEachClassWaited() {
        stand(1_000);
        QueueRig.offer(queue, QueueRig.udp(7, 100), 1_000 * MS);
        take(1_002 * MS);
        QueueStats stats = queue.stats();
        // To two significant digits.
        assertThat(stats.of(TrafficClass.PROMPT).waits().percentileNanos(50)).isBetween(2 * MS, 2 * MS + MS / 50);
        assertThat(stats.of(TrafficClass.BULK).waits().percentileNanos(50)).isBetween(38 * MS, 41 * MS);
        assertThat(stats.of(TrafficClass.BULK).waits().count()).isEqualTo(sent.size() - 1);
        assertThat(stats.of(TrafficClass.BULK).peakBytes()).isEqualTo((STANDING + 1) * 1_000);
        assertThat(stats.of(TrafficClass.PROMPT).peakBytes()).isEqualTo(100);
        assertThat(stats.peakBytes()).isEqualTo((STANDING + 1) * 1_000);
        assertThat(stats.flows()).isEqualTo(1);
        assertThat(stats.of(TrafficClass.BACKGROUND).offered()).isZero();
    }

    /** A packet leaves each millisecond, and as many come as it takes for 40 to wait. */
    private void stand(int millis) {
        for (long ms = 0; ms < millis; ms++) {
            while (queue.packets() <= STANDING) {
                QueueRig.offer(queue, QueueRig.udp(1, 1_000), ++nextTag, ms * MS);
            }
            take(ms * MS);
        }
    }

    private long take(long nowNanos) {
        QueuedPacket packet = requireNonNull(queue.poll(nowNanos));
        long tag = packet.tag();
        sent.add(tag);
        queue.release(packet);
        return tag;
    }

    private void forget() {
        askedToMark.clear();
        marked.clear();
        dropped.clear();
        sent.clear();
        nextTag = 0;
    }

    private static boolean all(long tag) {
        return tag != 0;
    }

    private static boolean none(long tag) {
        return tag == 0;
    }

    private EgressQueue queue(QueueOptions options, LongPredicate canMark, LongPredicate mayDrop) {
        EgressQueue made = new EgressQueue(UnpooledByteBufAllocator.DEFAULT, options);
        made.listen(new QueueListener() {
            @Override
            public boolean mark(QueuedPacket packet) {
                askedToMark.add(packet.tag());
                if (canMark.test(packet.tag())) {
                    marked.add(packet.tag());
                    return true;
                }
                return false;
            }

            @Override
            public boolean mayDrop(QueuedPacket packet) {
                return mayDrop.test(packet.tag());
            }

            @Override
            public void onDropped(QueuedPacket packet) {
                dropped.add(packet.tag());
            }
        });
        return made;
    }
}
