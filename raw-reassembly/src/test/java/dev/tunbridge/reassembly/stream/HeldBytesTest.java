package dev.tunbridge.reassembly.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.reassembly.stream.HeldBytes.Added;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldBytesTest {
    private static final int MAX_BYTES = 256 * 1024;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private HeldBytes held = new HeldBytes(allocator, MAX_BYTES, 64);

    @AfterEach
    void nothingLeaks() {
        held.close();
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    @Test
    void doesWhatTheModelDoes() {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        Map<Added, Integer> answers = new EnumMap<>(Added.class);
        for (int round = 0; round < 24; round++) {
            // Small segments fill the ranges, large ones the bytes; some streams have passed 4 GiB.
            int longest = round % 2 == 0 ? 200 : 6_000;
            long origin = random.nextBoolean() ? 0 : (1L << 32) - random.nextInt(100_000);
            compare(random, origin, longest, "seed " + seed + " round " + round, answers);
        }
        assertThat(answers).as("every answer occurs, seed %d", seed).containsOnlyKeys(Added.values());
    }

    private void compare(Random random, long origin, int longest, String what, Map<Added, Integer> answers) {
        int maxRanges = 16 + random.nextInt(100);
        held.close();
        held = new HeldBytes(allocator, MAX_BYTES, maxRanges);
        held.advance(origin);
        int streamBytes = 4 * MAX_BYTES;
        long enough = origin + streamBytes - MAX_BYTES - 2L * longest;
        ModelHeldBytes model = new ModelHeldBytes(origin, streamBytes, MAX_BYTES, maxRanges);
        byte[] payload = new byte[longest];
        for (int step = 0; step < 400 && model.highest() < enough; step++) {
            String where = what + " step " + step;
            switch (random.nextInt(16)) {
                case 0, 1 -> advance(model, model.contiguousEnd());
                case 2 -> advance(model, between(random, model.position(), model.contiguousEnd()));
                case 3 -> {
                    if (random.nextInt(8) == 0) { // the capture has missed what the kernel has
                        advance(model, between(random, model.position(), model.highest() + longest));
                    }
                }
                case 4 -> {
                    if (random.nextInt(8) == 0) {
                        held.reopen();
                        model.reopen();
                    }
                }
                default -> {
                    long start = start(random, model, longest);
                    int length = 1 + random.nextInt(longest);
                    fill(payload, start, length);
                    if (random.nextInt(60) == 0) {
                        payload[random.nextInt(length)] ^= 1;
                    }
                    if (random.nextInt(60) == 0) {
                        byte[] exact = Arrays.copyOf(payload, length);
                        assertThat(held.dispute(start, Unpooled.wrappedBuffer(exact), 0, length))
                                .as(where)
                                .isEqualTo(model.dispute(start, exact));
                    } else {
                        answers.merge(add(model, start, payload, length, step, where), 1, Integer::sum);
                    }
                }
            }
            compare(model, random, where);
        }
    }

    private static long start(Random random, ModelHeldBytes model, int longest) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> model.contiguousEnd();
            case 2 -> model.highest();
            case 3 -> model.highest() + random.nextInt(longest);
            case 4 -> Math.max(0, between(random, model.position() - longest, model.highest()));
            default ->
                random.nextInt(8) > 0
                        ? model.highest()
                        : between(random, model.position(), model.position() + MAX_BYTES);
        };
    }

    private Added add(ModelHeldBytes model, long start, byte[] payload, int length, long now, String where) {
        byte[] exact = Arrays.copyOf(payload, length);
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[] {1, 2, 3}, exact);
        int layout = held.layoutChanges();
        boolean wasAllocated = held.allocatedBytes() > 0;
        boolean isMoved = false;
        int reach = held.reach();
        assertThat(reach).as(where).isBetween(MAX_BYTES / 8 * 7, MAX_BYTES);
        Added added = held.add(start, buffer, 3, length, now);
        if (held.layoutChanges() != layout && wasAllocated && added != Added.CONFLICT) {
            isMoved = true;
        }
        Added expected = model.add(start, exact, now, reach);
        assertThat(added).as(where).isEqualTo(expected);
        if (isMoved) {
            model.moved();
        }
        return added;
    }

    private void advance(ModelHeldBytes model, long position) {
        held.advance(position);
        model.advance(position);
    }

    private void compare(ModelHeldBytes model, Random random, String where) {
        assertThat(held.position()).as(where).isEqualTo(model.position());
        assertThat(held.contiguousEnd()).as(where).isEqualTo(model.contiguousEnd());
        long at = held.contiguousEnd();
        for (int run = 0; run < held.runs(); run++) {
            assertThat(model.isSeen(held.runStart(run) - 1)).as(where).isFalse();
            for (; at < held.runStart(run); at++) {
                assertHole(model, at, where);
            }
            assertThat(held.runEnd(run)).as(where).isGreaterThan(at);
            assertThat(held.runOf(at)).as(where).isEqualTo(run);
            for (; at < held.runEnd(run); at++) {
                boolean isRight = model.isSeen(at) && held.bytes().getByte(held.index(at)) == model.value(at);
                if (!isRight) {
                    assertThat(isRight).as("%s offset %d", where, at).isTrue();
                }
            }
        }
        for (; at < model.highest(); at++) {
            assertHole(model, at, where);
        }
        assertThat(held.runOf(model.highest())).as(where).isEqualTo(-1);
        for (int i = 0; i < 8; i++) {
            long from = between(random, model.position() - 10, model.highest());
            long to = Math.max(from + 1, between(random, from, from + 500));
            if (to > model.position()) {
                assertThat(held.seenNanos(from, to))
                        .as("%s times of %d..%d", where, from, to)
                        .isEqualTo(model.seenNanos(from, to));
            }
        }
        assertThat(held.allocatedBytes()).as(where).isLessThanOrEqualTo(MAX_BYTES);
    }

    private static void assertHole(ModelHeldBytes model, long at, String where) {
        if (model.isSeen(at)) {
            assertThat(at).as("%s: captured, but not in a run", where).isNegative();
        }
    }

    private static void fill(byte[] payload, long start, int length) {
        for (int i = 0; i < length; i++) {
            payload[i] = truth(start + i);
        }
    }

    private static byte truth(long offset) {
        return (byte) ((offset * 0x9E3779B97F4A7C15L) >>> 56);
    }

    private static long between(Random random, long from, long to) {
        return to <= from ? from : from + (long) (random.nextDouble() * (to - from + 1));
    }

    @Test
    void copiesOnlyWhatLiesBeyondAHole() {
        assertThat(put(0, 1_000)).isEqualTo(Added.IN_ORDER);
        assertThat(held.allocatedBytes()).isZero();
        assertThat(put(1_200, 100)).isEqualTo(Added.HELD);
        assertThat(held.allocatedBytes()).isPositive();
        held.advance(1_000);
        assertThat(put(1_000, 200)).isEqualTo(Added.IN_ORDER);
        assertThat(held.contiguousEnd()).isEqualTo(1_300);
        held.advance(1_300);
        assertThat(held.allocatedBytes()).as("the hole is closed and passed").isZero();
    }

    @Test
    void seesOtherBytesInWhatTheKernelHasNotReadYet() {
        put(100, 50);
        put(0, 100);
        assertThat(held.contiguousEnd()).isEqualTo(150);
        byte[] other = new byte[20];
        assertThat(held.add(110, Unpooled.wrappedBuffer(other), 0, 20, 9)).isEqualTo(Added.CONFLICT);
        assertThat(held.runs()).isZero();
        assertThat(held.contiguousEnd()).as("nothing is believed any more").isZero();
    }

    @Test
    void holdsNothingOfADisputeUntilTheKernelHasPassedIt() {
        put(100, 50);
        held.add(120, Unpooled.wrappedBuffer(new byte[40]), 0, 40, 9);
        assertThat(put(100, 50)).isEqualTo(Added.DISPUTED);
        assertThat(put(159, 50)).isEqualTo(Added.DISPUTED);
        assertThat(put(160, 50)).isEqualTo(Added.HELD);
        assertThat(put(0, 10)).as("in order the kernel decides").isEqualTo(Added.IN_ORDER);
    }

    @Test
    void takesNothingAgainInThePlaceOfWhatWasForgotten() {
        put(100, 200);
        held.add(120, Unpooled.wrappedBuffer(new byte[40]), 0, 40, 9);
        assertThat(put(160, 50)).as("held before, and forgotten with the rest").isEqualTo(Added.DISPUTED);
        assertThat(put(300, 50)).isEqualTo(Added.HELD);
    }

    @Test
    void takesNothingInThePlaceOfWhatOnlyTheKernelHas() {
        put(100, 50);
        assertThat(held.dispute(200, Unpooled.wrappedBuffer(new byte[40]), 0, 40))
                .isEqualTo(Added.DISPUTED);
        assertThat(held.runs()).as("what was held stays").isEqualTo(1);
        assertThat(put(200, 40)).isEqualTo(Added.DISPUTED);
        assertThat(put(240, 40)).isEqualTo(Added.HELD);
        assertThat(held.dispute(120, Unpooled.wrappedBuffer(new byte[40]), 0, 40))
                .as("what is held has other bytes")
                .isEqualTo(Added.CONFLICT);
        assertThat(held.runs()).isZero();
    }

    @Test
    void neverHoldsMoreRangesThanAllowed() {
        for (int i = 0; i < 64; i++) {
            assertThat(put(10 + 20L * i, 10)).isEqualTo(Added.HELD);
        }
        assertThat(put(10_000, 10)).isEqualTo(Added.OVER_CAP);
        assertThat(held.runs()).isZero();
        assertThat(held.allocatedBytes()).isZero();
        assertThat(put(10_000, 10)).as("and begins anew").isEqualTo(Added.HELD);
    }

    @Test
    void aReaderThatLagsDoesNotUseUpTheRanges() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(put(10L * i, 10)).isEqualTo(Added.IN_ORDER);
        }
        assertThat(put(100_100, 10)).isEqualTo(Added.HELD);
    }

    @Test
    void oneSegmentMayFillEveryGapOfAFullBook() {
        for (int i = 0; i < 63; i++) {
            put(10 + 20L * i, 10);
        }
        assertThat(put(0, 3_000)).isEqualTo(Added.IN_ORDER);
        assertThat(held.contiguousEnd()).isEqualTo(3_000);
        assertThat(held.seenNanos(0, 3_000)).isEqualTo(3_000);
        assertThat(held.seenNanos(10, 20))
                .as("the time when it was first captured")
                .isEqualTo(20);
    }

    @Test
    void comparesNothingThatTheKernelLaneHasPassed() {
        put(100, 100);
        put(0, 100);
        held.advance(150);
        byte[] other = new byte[100];
        fill(other, 100, 100);
        other[20] ^= 1;
        assertThat(held.add(100, Unpooled.wrappedBuffer(other), 0, 100, 9)).isEqualTo(Added.DUPLICATE);
        other[70] ^= 1;
        assertThat(held.add(100, Unpooled.wrappedBuffer(other), 0, 100, 9)).isEqualTo(Added.CONFLICT);
    }

    /** An offset of a stream says when the segment that brought it came: tests give each its end for a time. */
    private Added put(long start, int length) {
        byte[] payload = new byte[length];
        fill(payload, start, length);
        return held.add(start, Unpooled.wrappedBuffer(payload), 0, length, start + length);
    }

    @Test
    void tellsWhereSegmentsStarted() {
        put(100, 50);
        put(140, 50); // its first new byte begins no segment
        put(300, 50);
        assertThat(held.segmentStart(0)).isEqualTo(100);
        assertThat(held.segmentStart(101)).isEqualTo(300);
        assertThat(held.segmentStart(301)).isEqualTo(Long.MAX_VALUE);
        assertThat(held.rangeEnd(100)).isEqualTo(150);
        held.dismissSegmentStart(100);
        assertThat(held.segmentStart(0)).isEqualTo(300);
    }

    @Test
    void takesBackWhatTheKernelHasLost() {
        put(0, 100);
        put(200, 50);
        put(100, 20);
        held.advance(50);
        held.reopen();
        assertThat(held.contiguousEnd()).isEqualTo(50);
        assertThat(held.runs()).isEqualTo(1);
        assertThat(held.runStart(0)).isEqualTo(200);
        assertThat(held.bytes().getByte(held.index(200))).isEqualTo(truth(200));
        assertThat(put(50, 150)).as("sent again").isEqualTo(Added.IN_ORDER);
        assertThat(held.contiguousEnd()).isEqualTo(250);
    }

    /** A window that is full all the time slides over a long stream: each byte may be moved a few times, not with every segment. */
    @Test
    void movesItsBytesSeldomAlsoAtTheCap() {
        held.close();
        held = new HeldBytes(allocator, MAX_BYTES, 1_000);
        long sent = 1;
        long moved = 0;
        long total = 64L * MAX_BYTES;
        int segment = 1_000;
        for (long read = 0; read < total; read += segment) {
            held.advance(read);
            while (sent + segment <= read + held.reach()) {
                int layout = held.layoutChanges();
                put(sent, segment - 1); // a hole behind each, so that nothing is in order
                moved += held.layoutChanges() - layout;
                sent += segment;
            }
            assertThat(sent - read).isGreaterThan(MAX_BYTES / 8 * 7 - 2 * segment);
        }
        assertThat(moved).isLessThan(10 * total / MAX_BYTES);
    }

    @Test
    void refusesACapThatIsNoPowerOfTwo() {
        assertThatThrownBy(() -> new HeldBytes(allocator, 100_000, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxBytes")
                .hasMessageContaining("100000")
                .hasMessageContaining("power of two");
    }
}
