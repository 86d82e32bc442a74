package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameScanner;
import dev.tunbridge.reassembly.stream.HeldBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a scan calls proven is true, and it calls it as early as the rule allows, whatever payloads hold and however bytes come. */
class BoundaryScanTest {
    private int proven;
    private int undecided;

    @Test
    void provesInFormatsOfAllKindsWhatTheRuleAllowsWithTheHoleAnywhere() {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            FrameFormat format = RandomFormats.next(random);
            HostileStream stream = new HostileStream(format, random, 6 * format.maxFrameBytes());
            String what = "seed " + seed + " round " + round + " " + format;
            for (int origin = 1; origin < stream.bytes.length; origin++) {
                scan(format, stream, origin, random, what + " hole before " + origin);
            }
        }
        assertThat(proven).isGreaterThan(3_000);
        assertThat(undecided).isGreaterThan(3_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "plain-le"})
    void provesInTheShippedFormatsWhatTheRuleAllows(String name) {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        FrameFormat format = FrameFormat.builtin(name);
        for (int round = 0; round < 12; round++) {
            HostileStream stream = new HostileStream(format, random, 4 * format.maxFrameBytes());
            int origin = 1 + random.nextInt(stream.bytes.length - 1);
            scan(format, stream, origin, random, name + " seed " + seed + " round " + round + " hole before " + origin);
        }
        assertThat(proven).isPositive();
    }

    /** Between two frames stand the flag that closes one and the flag that opens the next. */
    @ParameterizedTest
    @ValueSource(ints = {1, 700, 1 << 20})
    void aChainGoesOnThroughTheIdleFlagsBetweenItsFrames(int pieceBytes) {
        FrameFormat format = FrameFormat.builtin("dlms-hdlc");
        ByteBuf stream = Unpooled.buffer();
        List<Integer> ends = new ArrayList<>();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            while (stream.writerIndex() < 3 * format.maxFrameBytes()) {
                encoder.encode(stream, 0, Unpooled.wrappedBuffer(new byte[300]));
                ends.add(stream.writerIndex() - 1);
            }
        }
        int origin = ends.get(0) + 1;
        long answer = BoundaryScan.UNDECIDED;
        try (HeldBytes held = new HeldBytes(UnpooledByteBufAllocator.DEFAULT, 1 << 20, 20_000);
                FrameScanner scanner = new FrameScanner(format)) {
            BoundaryScan scan = new BoundaryScan(scanner, origin, format.maxFrameBytes());
            for (int at = origin; answer == BoundaryScan.UNDECIDED && at < stream.writerIndex(); at += pieceBytes) {
                int length = Math.min(pieceBytes, stream.writerIndex() - at);
                held.add(at, stream, at, length, 0);
                answer = scan.advance(held, at + length);
            }
        }
        assertThat(ends)
                .as("a boundary, with the idle flag or behind it")
                .containsAnyOf((int) answer, (int) answer - 1);
    }

    /** Lets the bytes behind a hole come in pieces, in any order, and scans after each. */
    private void scan(FrameFormat format, HostileStream stream, int origin, Random random, String what) {
        byte[] bytes = stream.bytes;
        List<int[]> pieces = pieces(origin, bytes.length, random);
        try (HeldBytes held = new HeldBytes(UnpooledByteBufAllocator.DEFAULT, 1 << 20, 3_000);
                ModelScan model = new ModelScan(format, bytes);
                FrameScanner scanner = new FrameScanner(format)) {
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            BoundaryScan scan = new BoundaryScan(scanner, origin, format.maxFrameBytes());
            for (int[] piece : pieces) {
                held.add(piece[0], buffer, piece[0], piece[1] - piece[0], 0);
                int run = held.runOf(origin);
                if (run < 0) {
                    continue;
                }
                int end = (int) held.runEnd(run);
                long answer = scan.advance(held, end);
                NavigableSet<Integer> allowed = model.proven(origin, end);
                if (answer == BoundaryScan.UNDECIDED) {
                    assertThat(allowed).as("%s with bytes to %d", what, end).isEmpty();
                    undecided++;
                    continue;
                }
                String where = what + " with bytes to " + end;
                assertThat(answer).as(where).isEqualTo(allowed.isEmpty() ? -1 : allowed.first());
                assertThat(stream.boundaries.contains((int) answer)).as(where).isTrue();
                proven++;
                return;
            }
        }
    }

    private static List<int[]> pieces(int from, int to, Random random) {
        List<int[]> pieces = new ArrayList<>();
        int most = 1 + random.nextInt(Math.max(1, (to - from) / 3));
        for (int at = from; at < to; ) {
            int end = Math.min(to, at + 1 + random.nextInt(most));
            pieces.add(new int[] {at, end});
            at = end;
        }
        if (random.nextBoolean()) {
            Collections.shuffle(pieces, random);
        }
        return pieces;
    }
}
