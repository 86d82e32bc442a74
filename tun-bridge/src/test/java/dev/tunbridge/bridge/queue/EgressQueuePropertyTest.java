package dev.tunbridge.bridge.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random traffic against a model that keeps a list of what waits: no flow is reordered, nothing appears, vanishes or comes twice, all
 * is counted, and the bound holds. Time jumps, so that CoDel signals, and so does the listener's mind.
 */
class EgressQueuePropertyTest {
    private static final int STEPS = 20_000;
    private static final int MAX_BYTES = 32 * 1024;
    private static final long MS = 1_000_000;
    private static final int[] CODE_POINTS = {0, 0, 0, 0, 0, 0, 46, 8, 1, 10};

    private final Map<Integer, Waiting> waiting = new HashMap<>();
    private final Map<Integer, Integer> lastNumber = new HashMap<>();
    private final Set<Integer> lastDropped = new HashSet<>();
    private String where = "";
    private int waitingBytes;
    private long dropped;

    private record Waiting(int flow, int length, boolean mayDrop) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingIsReorderedLostOrMiscountedInTurns(long seed) {
        // Fewer queues than flows, so that some share one.
        run(seed, new QueueOptions(MAX_BYTES, true, true, List.of(new PortRange(20, 22))), MAX_BYTES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void norIsItInPlainQueues(long seed) {
        run(seed, new QueueOptions(MAX_BYTES, false, true, List.of(new PortRange(20, 22))), MAX_BYTES * 9 / 8);
    }

    private void run(long seed, QueueOptions options, int bound) {
        Random random = new Random(seed);
        EgressQueue queue = new EgressQueue(UnpooledByteBufAllocator.DEFAULT, options, 16, new CodelTiming());
        queue.listen(new Judge(random));
        queue.path(new OuterPath(50 * MS, 0, 1_000_000, OuterPath.Phase.SETTLED));
        long now = random.nextLong();
        long offered = 0;
        long sent = 0;
        long cleared = 0;
        int balance = 55;
        for (int i = 1; i <= STEPS; i++) {
            where = "seed " + seed + ", step " + i;
            now += random.nextInt(200) == 0 ? random.nextInt(500) * MS : random.nextInt(2_000_000);
            if (i % 1_000 == 0) {
                balance = 35 + random.nextInt(35); // now it fills, now it runs dry
            }
            if (random.nextInt(5_000) == 0) {
                cleared += waiting.size();
                assertThat(queue.clear()).as(where).isEqualTo(waiting.size());
                waiting.clear();
                waitingBytes = 0;
            } else if (random.nextInt(100) < balance) {
                offered++;
                offer(queue, random, i, now);
            } else if (poll(queue, now)) {
                sent++;
            }
            check(queue, bound);
        }
        while (poll(queue, now)) {
            sent++;
        }
        check(queue, bound);
        QueueStats stats = queue.stats();
        assertThat(stats.packets()).isZero();
        assertThat(stats.flows()).isZero();
        assertThat(stats.offered()).isEqualTo(offered);
        assertThat(stats.sent()).isEqualTo(sent);
        assertThat(stats.cleared()).isEqualTo(cleared);
        assertThat(stats.dropped()).isEqualTo(dropped).isEqualTo(offered - sent - cleared);
        if (options.aqm()) {
            long byCodel = stats.classes().values().stream()
                    .mapToLong(QueueStats.OfClass::droppedByCodel)
                    .sum();
            assertThat(byCodel).as("CoDel was at work").isPositive();
            assertThat(stats.marked()).isPositive();
        }
    }

    private void offer(EgressQueue queue, Random random, int number, long now) {
        int flow = random.nextInt(24);
        int length = random.nextBoolean() ? 32 + random.nextInt(200) : 300 + random.nextInt(1_200);
        ByteBuf packet = QueueRig.numbered(QueueRig.udp(flow, length), number);
        QueueRig.dscp(packet, CODE_POINTS[random.nextInt(CODE_POINTS.length)]);
        // In the model before it is in the queue: what it pushes out is heard of first.
        Waiting entry = new Waiting(flow, length, random.nextInt(4) > 0);
        waiting.put(number, entry);
        waitingBytes += length;
        if (!QueueRig.offer(queue, packet, number, now)) {
            waiting.remove(number);
            waitingBytes -= length;
            dropped++;
        }
    }

    private boolean poll(EgressQueue queue, long now) {
        QueuedPacket packet = queue.poll(now);
        if (packet == null) {
            return false;
        }
        int flow = leaves(packet);
        int number = QueueRig.number(packet);
        assertThat(number).as("%s: flow %d", where, flow).isGreaterThan(lastNumber.getOrDefault(flow, 0));
        lastNumber.put(flow, number);
        queue.release(packet);
        return true;
    }

    /** It was waiting, and is the packet that it was; waits no more. Returns its flow. */
    private int leaves(QueuedPacket packet) {
        int number = QueueRig.number(packet);
        assertThat(waiting).as(where).containsKey(number);
        Waiting entry = requireNonNull(waiting.remove(number));
        assertThat(packet.tag()).isEqualTo(number);
        assertThat(packet.flowHash()).isEqualTo(entry.flow());
        assertThat(packet.length()).isEqualTo(entry.length());
        assertThat(packet.buffer().getUnsignedShort(20)).isEqualTo(entry.flow());
        waitingBytes -= entry.length();
        return entry.flow();
    }

    private void check(EgressQueue queue, int bound) {
        assertThat(queue.packets()).as(where).isEqualTo(waiting.size());
        assertThat(queue.bytes()).as(where).isEqualTo(waitingBytes);
        assertThat(queue.isEmpty()).as(where).isEqualTo(waiting.isEmpty());
        assertThat(queue.bytes() + queue.packets() * EgressQueue.PACKET_OVERHEAD_BYTES)
                .as(where)
                .isLessThanOrEqualTo(bound);
    }

    /** Marks some, spares some, and checks that what it hears of was waiting. */
    private final class Judge implements QueueListener {
        private final Random random;
        private final List<Integer> asked = new ArrayList<>();

        Judge(Random random) {
            this.random = random;
        }

        @Override
        public boolean mark(QueuedPacket packet) {
            assertThat(waiting).as(where).containsKey(QueueRig.number(packet));
            return random.nextInt(3) == 0;
        }

        @Override
        public boolean mayDrop(QueuedPacket packet) {
            int number = QueueRig.number(packet);
            asked.add(number);
            assertThat(waiting).as(where).containsKey(number);
            return requireNonNull(waiting.get(number)).mayDrop();
        }

        @Override
        public void onDropped(QueuedPacket packet) {
            int number = QueueRig.number(packet);
            assertThat(asked).as("%s: asked before", where).contains(number);
            assertThat(lastDropped.add(number)).as("%s: once", where).isTrue();
            leaves(packet);
            asked.clear();
            dropped++;
        }
    }
}
