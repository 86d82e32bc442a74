package dev.tunbridge.reassembly.recovery;

import static org.assertj.core.api.Assertions.assertThat;

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

    private final FrameProbe probe = new FrameProbe(FORMAT);
    private final EarlyFrames early = new EarlyFrames(1, 2);

    @AfterEach
    void close() {
        probe.close();
    }

    private record Gone(long start, long end, String bytes) {
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
                    early.add(frame);
                    model.add(new Gone(start, frame.endOffset(), bytes(frame)));
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
            long offset = start;
            early.passed(offset);
            long passed = model.stream().filter(gone -> gone.end <= offset).count();
            model.removeIf(gone -> gone.end <= offset);
            assertThat(early.takeCrossed()).as(what).isEqualTo((int) passed);
        }
        long from = frame.startOffset();
        long to = frame.endOffset();
        String bytes = bytes(frame);
        List<Gone> met = model.stream().filter(gone -> gone.start < to).toList();
        List<Gone> inside = met.stream().filter(gone -> gone.end > from).toList();
        model.removeAll(met);
        boolean isSamePlace = inside.size() == 1 && inside.get(0).start == from && inside.get(0).end == to;
        Verdict expected = inside.isEmpty()
                ? Verdict.NEW
                : !isSamePlace
                        ? Verdict.OTHER_BOUNDARIES
                        : inside.get(0).bytes.equals(bytes) ? Verdict.SAME : Verdict.OTHER_BYTES;
        verdicts.add(expected);
        assertThat(early.reached(frame)).as(what).isEqualTo(expected);
        // Those that it tells of by the verdict are not told again.
        int told = expected == Verdict.NEW ? 0 : 1;
        assertThat(early.takeCrossed()).as(what).isEqualTo(met.size() - told);
        assertThat(early.takeCrossed()).as(what).isZero();
        return to;
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
            early.add(frame(offset, 0, random));
            offset += FORMAT.overheadBytes();
        }
        assertThat(offset).isEqualTo(16_384L * FORMAT.overheadBytes());
        assertThat(early.reached(frame(0, 0, random))).isEqualTo(Verdict.SAME);
        assertThat(early.isFull()).isFalse();
    }
}
