package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptFramesTest {
    private static final int FLOWS = 5;
    /** Numbers of a flow go round during a test. */
    private static final int FIRST_NUMBER = 0x7fff_f000;

    private final KeptFrames kept = new KeptFrames();
    private final Flows flows = new Flows();

    /** A segment that takes ten numbers of its flow. */
    private record Segment(int flow, int number, boolean isOtherKind) {
        long ticket() {
            return (long) (isOtherKind ? flow | EarlyHandler.OTHER_KIND : flow) << Integer.SIZE
                    | Integer.toUnsignedLong(number);
        }
    }

    /** Takes segments in order, and those of the other kind only of flows that it has been shown. */
    private static final class Flows implements KeptFrames.Offer {
        final Map<Long, Segment> segments = new HashMap<>();
        final List<Long> delivered = new ArrayList<>();
        final int[] next = new int[FLOWS];
        final boolean[] isShown = new boolean[FLOWS];
        int looks;
        int flow;

        Flows() {
            Arrays.fill(next, FIRST_NUMBER);
        }

        @Override
        public boolean isRipe(long ticket) {
            looks++;
            int upper = (int) (ticket >>> Integer.SIZE);
            int of = upper & ~EarlyHandler.OTHER_KIND;
            return next[of] - (int) ticket >= 0 && (upper == of || isShown[of]);
        }

        @Override
        public long offer(long start, BoundaryGrade grade) {
            Segment segment = Objects.requireNonNull(segments.remove(start), "offered before");
            if (next[segment.flow] - segment.number > 0) {
                return EarlyHandler.REFUSED;
            }
            assertThat(next[segment.flow]).isEqualTo(segment.number);
            next[segment.flow] += 10;
            delivered.add(start);
            flow = segment.flow;
            return EarlyHandler.DELIVERED;
        }

        @Override
        public int flow() {
            return flow;
        }
    }

    @Test
    void offersExactlyWhatIsRipe() {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        long start = 0;
        for (int step = 0; step < 20_000; step++) {
            String what = "seed " + seed + " step " + step;
            int flow = random.nextInt(FLOWS);
            switch (random.nextInt(8)) {
                case 0 -> {
                    flows.next[flow] += 10 * random.nextInt(3);
                    kept.offerOf(flow, flows);
                }
                case 1 -> {
                    flows.isShown[flow] = random.nextBoolean();
                    kept.offerAll(flows);
                }
                case 2 -> {
                    long passed = start - random.nextInt(200);
                    kept.passed(passed);
                    flows.segments.keySet().removeIf(at -> at < passed);
                }
                default -> {
                    int number = flows.next[flow] + 10 * (1 + random.nextInt(12));
                    Segment segment = new Segment(flow, number, random.nextInt(3) == 0);
                    flows.segments.put(start, segment);
                    kept.keep(start, BoundaryGrade.PROVEN, segment.ticket());
                    start += 1 + random.nextInt(10);
                }
            }
            int of = flow;
            assertThat(flows.segments.values())
                    .as(what)
                    .noneMatch(segment -> segment.flow == of && flows.isRipe(segment.ticket()));
            assertThat(kept.isEmpty()).as(what).isEqualTo(flows.segments.isEmpty());
        }
        assertThat(flows.delivered).as("seed %d", seed).hasSizeGreaterThan(100);
    }

    /** In reverse order every frame but the last waits, and then one after the other goes. */
    @Test
    void looksAtEachFrameOnceWhateverTheOrder() {
        int count = KeptFrames.CAPACITY;
        for (int i = 0; i < count; i++) {
            Segment segment = new Segment(1, FIRST_NUMBER + 10 * (count - i), false);
            flows.segments.put((long) i, segment);
            kept.keep(i, BoundaryGrade.PROVEN, segment.ticket());
            kept.offerOf(1, flows);
        }
        assertThat(flows.delivered).isEmpty();
        flows.next[1] += 10;
        kept.offerOf(1, flows);
        assertThat(flows.delivered).hasSize(count);
        assertThat(kept.isEmpty()).isTrue();
        assertThat(flows.looks).isLessThan(5 * count);
    }

    @Test
    void holdsNoMoreThanItsBound() {
        for (int i = 0; i < 2 * KeptFrames.CAPACITY; i++) {
            flows.segments.put((long) i, new Segment(0, FIRST_NUMBER + 10, false));
            kept.keep(i, BoundaryGrade.PROVEN, new Segment(0, FIRST_NUMBER + 10, false).ticket());
        }
        flows.next[0] = FIRST_NUMBER + 20; // nothing of it is of use any more
        kept.offerAll(flows);
        assertThat(flows.segments).hasSize(KeptFrames.CAPACITY);
        kept.clear();
        assertThat(kept.isEmpty()).isTrue();
    }

    /** A frame may have waited for something else than its flow, and another go of the same flow meanwhile. */
    @Test
    void whatIsDeliveredOfAnotherQueueMovesItsFlowToo() {
        flows.segments.put(5L, new Segment(2, FIRST_NUMBER, false));
        flows.segments.put(6L, new Segment(2, FIRST_NUMBER + 10, false));
        kept.keep(6, BoundaryGrade.PROVEN, new Segment(2, FIRST_NUMBER + 10, false).ticket());
        kept.keep(5, BoundaryGrade.PROVEN, new Segment(3, FIRST_NUMBER, false).ticket());
        kept.offerOf(3, flows);
        assertThat(flows.delivered).containsExactly(5L, 6L);
    }
}
