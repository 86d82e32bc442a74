package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The keyed flow queues, and which of them is the fattest. */
class FlowQueuesTest {
    private static final int CAPACITY = 4;

    private final CodelTiming timing = new CodelTiming();
    private final FlowQueues flows = new FlowQueues(CAPACITY, timing);
    private final FlowList active = new FlowList();

    @Test
    void aKeyFindsItsQueueAgainAndNoOtherDoes() {
        // Keys that fall into one bucket: eight buckets.
        FlowQueue a = flows.of(3);
        FlowQueue b = flows.of(3 + 8);
        FlowQueue c = flows.of(3 + 16);
        assertThat(Set.of(a, b, c)).hasSize(3);
        assertThat(flows.of(3)).isSameAs(a);
        assertThat(flows.of(11)).isSameAs(b);
        assertThat(flows.of(19)).isSameAs(c);
    }

    @Test
    void theLongestIdleIsUsedAgainForAnother() {
        List<FlowQueue> queues = new ArrayList<>();
        for (int key = 0; key < CAPACITY; key++) {
            queues.add(flows.of(key));
            active.add(queues.get(key));
        }
        flows.retire(queues.get(2));
        flows.retire(queues.get(1));
        assertThat(flows.isActive(queues.get(2))).isFalse();
        assertThat(flows.isActive(queues.get(0))).isTrue();
        assertThat(flows.of(100)).isSameAs(queues.get(2));
        assertThat(flows.of(1)).as("still known").isSameAs(queues.get(1));
        assertThat(flows.of(101)).isSameAs(queues.get(1));
        assertThat(flows.of(100)).isSameAs(queues.get(2));
    }

    @Test
    void forgettingOneLeavesTheOthersOfItsBucket() {
        FlowQueue a = flows.of(3);
        FlowQueue b = flows.of(3 + 8);
        FlowQueue c = flows.of(3 + 16);
        FlowQueue d = flows.of(4);
        for (FlowQueue flow : List.of(a, b, c, d)) {
            active.add(flow);
        }
        flows.retire(b);
        assertThat(flows.of(100)).isSameAs(b);
        active.add(b);
        assertThat(flows.of(3)).isSameAs(a);
        assertThat(flows.of(3 + 16)).isSameAs(c);
        flows.retire(c);
        assertThat(flows.of(3 + 8)).as("is not known any more").isSameAs(c);
    }

    @Test
    void whatCodelKnewOfAFlowIsNotHeldAgainstTheNext() {
        long ms = 1_000_000;
        for (int key = 0; key < CAPACITY; key++) {
            active.add(flows.of(key));
        }
        Codel codel = flows.of(0).codel;
        for (int i = 0; i < 1_000; i++) {
            if (codel.isSignalDue(50 * ms, 10_000, 1_514, i * ms)) {
                codel.signalled(i * ms);
            }
        }
        assertThat(codel.isSignalDue(50 * ms, 10_000, 1_514, 1_050 * ms)).isTrue();
        flows.retire(flows.of(0));
        assertThat(flows.of(100).codel).isSameAs(codel);
        assertThat(codel.isSignalDue(50 * ms, 10_000, 1_514, 1_051 * ms)).isFalse();
        assertThat(codel.isSignalDue(50 * ms, 10_000, 1_514, 1_150 * ms)).isFalse();
        assertThat(codel.isSignalDue(50 * ms, 10_000, 1_514, 1_151 * ms)).isTrue();
    }

    @Test
    void whenAllAreInUseTheOthersShareOneUntilItIsEmpty() {
        for (int key = 0; key < CAPACITY; key++) {
            active.add(flows.of(key));
        }
        FlowQueue shared = flows.of(50);
        assertThat(flows.of(51)).isSameAs(shared);
        active.add(shared);
        QueuedPacket packet = packet(100);
        shared.add(packet);
        FlowQueue zero = flows.of(0);
        flows.retire(zero);
        assertThat(flows.of(51)).as("may have something in the shared one").isSameAs(shared);
        assertThat(shared.poll()).isSameAs(packet);
        assertThat(flows.of(51)).as("nothing to overtake any more").isSameAs(zero);
        flows.retire(shared);
        assertThat(flows.isActive(shared)).isFalse();
        assertThat(flows.of(52)).isSameAs(shared);
    }

    @Test
    void theFattestIsTheFattestToWithinAFifth() {
        long seed = 99;
        Random random = new Random(seed);
        FatFlows fat = new FatFlows();
        Map<FlowQueue, Integer> model = new HashMap<>();
        List<FlowQueue> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(new FlowQueue(timing, null));
        }
        for (int i = 0; i < 50_000; i++) {
            FlowQueue flow = all.get(random.nextInt(all.size()));
            if (random.nextInt(100) < 52) {
                flow.add(packet(20 + random.nextInt(1_500)));
            } else {
                flow.poll();
            }
            fat.update(flow);
            if (flow.isEmpty()) {
                model.remove(flow);
            } else {
                model.put(flow, flow.memoryBytes());
            }
            assertThat(fat.flows()).isEqualTo(model.size());
            FlowQueue fattest = fat.fattest();
            if (model.isEmpty()) {
                assertThat(fattest).isNull();
            } else {
                int most = model.values().stream()
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElseThrow();
                assertThat(Objects.requireNonNull(model.get(fattest)))
                        .as("seed %d, step %d", seed, i)
                        .isGreaterThan(most * 4 / 5);
            }
        }
        assertThat(new HashSet<>(all)).hasSize(20);
    }

    private static QueuedPacket packet(int length) {
        QueuedPacket packet = new QueuedPacket();
        packet.start(Unpooled.wrappedBuffer(new byte[length]), null, 0, 0, 0, 0);
        return packet;
    }
}
