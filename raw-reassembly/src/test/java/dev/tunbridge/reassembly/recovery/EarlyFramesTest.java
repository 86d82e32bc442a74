package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.reassembly.recovery.EarlyFrames.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EarlyFramesTest {
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");

    private static final BoundaryGrade[] GRADES = BoundaryGrade.values();

    private final FrameProbe probe = new FrameProbe(FORMAT);
    private final EarlyFrames early = new EarlyFrames(1, 2);

    @AfterEach
    void close() {
        probe.close();
    }

    private record Gone(long start, long end, String bytes, BoundaryGrade grade) {
        boolean crosses(long from, long to) {
            return start < to && end > from;
        }
    }

    @Test
    void doesWhatAListDoes() {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        Set<Verdict> verdicts = EnumSet.noneOf(Verdict.class);
        List<Gone> model = new ArrayList<>();
        long position = 1L << 33;
        for (int step = 0; step < 60_000; step++) {
            String what = "seed " + seed + " step " + step;
            if (random.nextInt(5) < 3) {
                long start = position + random.nextInt(3_000);
                FrameView frame = frame(start, random.nextInt(40), random);
                boolean crosses = model.stream().anyMatch(gone -> gone.crosses(start, frame.endOffset()));
                assertThat(early.crosses(start, frame.endOffset())).as(what).isEqualTo(crosses);
                if (!crosses) {
                    BoundaryGrade grade = GRADES[random.nextInt(GRADES.length)];
                    early.add(frame, grade);
                    model.add(new Gone(start, frame.endOffset(), bytes(frame), grade));
                }
                assertThat(early.contains(start, frame.endOffset()))
                        .as(what)
                        .isEqualTo(
                                model.stream().anyMatch(gone -> gone.start == start && gone.end == frame.endOffset()));
            } else {
                position = reach(model, position, random, verdicts, what);
            }
            assertThat(early.isEmpty()).as(what).isEqualTo(model.isEmpty());
        }
        assertThat(verdicts).as("seed %d", seed).isEqualTo(EnumSet.allOf(Verdict.class));
    }

    /** The kernel lane comes to a frame: one that went early, one with other bytes, or anything. */
    private long reach(List<Gone> model, long position, Random random, Set<Verdict> verdicts, String what) {
        long start = position;
        int payload = random.nextInt(60);
        Gone first =
                model.stream().min((a, b) -> Long.compare(a.start, b.start)).orElse(null);
        if (first != null && random.nextInt(4) > 0) {
            start = first.start;
            payload = (int) (first.end - first.start) - FORMAT.overheadBytes();
        }
        FrameView frame = frame(start, payload, random);
        if (random.nextInt(6) == 0) {
            early.passed(start);
            assertCrossed(model, start, 0, 0, what);
        }
        long to = frame.endOffset();
        long from = start;
        Gone same = model.stream()
                .filter(gone -> gone.start == from && gone.end == to)
                .findAny()
                .orElse(null);
        Verdict expected =
                same == null ? Verdict.NEW : same.bytes.equals(bytes(frame)) ? Verdict.SAME : Verdict.OTHER_BYTES;
        verdicts.add(expected);
        assertThat(early.reached(frame)).as(what).isEqualTo(expected);
        if (same != null) {
            model.remove(same);
        }
        List<Gone> crossing =
                model.stream().filter(gone -> gone.crosses(from, to)).toList();
        model.removeAll(crossing);
        long proven = crossing.stream().filter(EarlyFramesTest::isProven).count();
        assertCrossed(model, start, (int) proven, crossing.size() - (int) proven, what);
        return to;
    }

    /** What has been passed and never reached, with so many more. */
    private void assertCrossed(List<Gone> model, long offset, int moreProven, int moreLikely, String what) {
        List<Gone> passed = model.stream().filter(gone -> gone.end <= offset).toList();
        model.removeAll(passed);
        int proven = (int) passed.stream().filter(EarlyFramesTest::isProven).count();
        assertThat(early.takeCrossedProven()).as(what).isEqualTo(proven + moreProven);
        assertThat(early.takeCrossedLikely()).as(what).isEqualTo(passed.size() - proven + moreLikely);
        assertThat(early.takeCrossedProven() + early.takeCrossedLikely())
                .as(what)
                .isZero();
    }

    private static boolean isProven(Gone gone) {
        return gone.grade == BoundaryGrade.PROVEN;
    }

    private FrameView frame(long offset, int payloadBytes, Random random) {
        byte[] payload = new byte[payloadBytes];
        if (payloadBytes > 0) {
            payload[payloadBytes - 1] = (byte) random.nextInt(2); // twice the same now and then
        }
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(FORMAT)) {
            encoder.encode(out, 32, Unpooled.wrappedBuffer(payload));
        }
        return probe.frame(out, offset, probe.probe(out, 0, out.writerIndex()));
    }

    private static String bytes(FrameView frame) {
        return ByteBufUtil.hexDump(frame.buffer(), frame.contentIndex(), frame.contentLength());
    }

    @Test
    void isFullAtItsBoundAndHasRoomAgainWhenTheKernelLaneComes() {
        Random random = new Random(1);
        long offset = 0;
        while (!early.isFull()) {
            early.add(frame(offset, 0, random), BoundaryGrade.PROVEN);
            offset += FORMAT.overheadBytes();
        }
        assertThat(offset).isEqualTo(16_384L * FORMAT.overheadBytes());
        assertThat(early.reached(frame(0, 0, random))).isEqualTo(Verdict.SAME);
        assertThat(early.isFull()).isFalse();
    }
}
