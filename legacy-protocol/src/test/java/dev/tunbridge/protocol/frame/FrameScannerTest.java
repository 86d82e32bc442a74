package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FrameScannerTest {
    @Test
    void findsExactlyThePlacesThatAProbeOfEveryPlaceFinds() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 1_500; round++) {
            FrameFormat format = Formats.random(random);
            StreamGenerator generator = new StreamGenerator(format, random);
            byte[] stream = generator.damage(generator.frames(1 + random.nextInt(8)));
            int from = random.nextInt(stream.length + 1);
            String what = "seed " + seed + " round " + round + " from " + from + " " + format;
            if (format.escape() == Escape.NONE && !format.mayShareFlag()) {
                assertThat(scan(format, stream, from)).as(what).isEqualTo(probeEveryPlace(format, stream, from));
            } else {
                assertThat(probeEveryPlace(format, stream, from))
                        .as(what)
                        .containsAllEntriesOf(scan(format, stream, from));
            }
        }
    }

    @Test
    void theTrueBoundariesAreAlwaysAmongThem() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 1_500; round++) {
            FrameFormat format = Formats.random(random);
            byte[] stream = new StreamGenerator(format, random).frames(2 + random.nextInt(8));
            List<Long> ends = ends(format, stream);
            int from = random.nextInt(stream.length);
            NavigableMap<Integer, Long> found = scan(format, stream, from);
            for (int i = 0; i + 1 < ends.size(); i++) {
                long boundary = ends.get(i);
                long end = ends.get(i + 1);
                if (boundary >= from) {
                    // Fill may stand in front of the frame, so that its start is a little behind the boundary.
                    assertThat(found.tailMap((int) boundary, true).entrySet())
                            .as("seed %d round %d from %d boundary %d %s", seed, round, from, boundary, format)
                            .anyMatch(start ->
                                    start.getKey() <= boundary + 1 && start.getKey() + start.getValue() == end);
                }
            }
        }
    }

    @Test
    void aScanThatWaitsForBytesFindsWhatOneOfAllBytesFinds() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 1_500; round++) {
            FrameFormat format = Formats.random(random);
            StreamGenerator generator = new StreamGenerator(format, random);
            byte[] stream = generator.damage(generator.frames(1 + random.nextInt(8)));
            int from = random.nextInt(stream.length + 1);
            assertThat(scanInPieces(format, stream, from, random))
                    .as("seed %d round %d from %d %s", seed, round, from, format)
                    .isEqualTo(scan(format, stream, from));
        }
    }

    private static NavigableMap<Integer, Long> scanInPieces(
            FrameFormat format, byte[] stream, int from, Random random) {
        NavigableMap<Integer, Long> starts = new TreeMap<>();
        int limit = from;
        try (FrameScanner scanner = new FrameScanner(format)) {
            scanner.begin(Unpooled.wrappedBuffer(stream), from, limit);
            while (true) {
                int at = scanner.next();
                boolean waits = at == FrameScanner.NONE || scanner.frameBytes() == 0;
                if (waits && limit < stream.length) {
                    limit = Math.min(stream.length, limit + 1 + random.nextInt(random.nextBoolean() ? 3 : 60));
                    scanner.extend(limit);
                } else if (at == FrameScanner.NONE) {
                    return starts;
                } else {
                    starts.put(at, scanner.frameBytes());
                }
            }
        }
    }

    @Test
    void looksAgainAtAPlaceThatItHasLeftUndecided() {
        FrameFormat format = FrameFormat.builtin("reference");
        byte[] stream = new StreamGenerator(format, new Random(1)).frames(3);
        int end = (int) (long) ends(format, stream).get(0);
        try (FrameScanner scanner = new FrameScanner(format)) {
            scanner.begin(Unpooled.wrappedBuffer(stream), 0, end - 1);
            assertThat(scanner.next()).isZero();
            assertThat(scanner.frameBytes()).isZero();
            while (scanner.next() != FrameScanner.NONE) {
                assertThat(scanner.frameBytes()).isGreaterThanOrEqualTo(0);
            }
            scanner.extend(stream.length);
            assertThat(scanner.probe(0)).isEqualTo(end);
        }
    }

    /**
     * A client that fills its payload with headers must not cost a maximum frame for each of them: that would be half a
     * minute here, where one pass takes less than a second.
     */
    @Test
    void aStreamOfFalseHeadersIsScannedInLinearTime() {
        FrameFormat format = FrameFormat.parse("""
                name: long
                frame:
                  sync: {bytes: "A5 5A"}
                  header: [{name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, max: 65535}
                  payload: {at: 5}
                  check: {algorithm: crc16-x25, from: 2, to: payload-end, at: payload-end}
                types: {hello: 1}
                """, "long.yaml");
        ByteBuf stream = Unpooled.buffer();
        for (int i = 0; i < 700_000; i++) {
            stream.writeBytes(new byte[] {(byte) 0xA5, 0x5A, 1, (byte) 0xFF, (byte) 0xF0});
        }
        int undecidedFrom = stream.writerIndex() - format.maxFrameBytes();
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            try (FrameScanner scanner = new FrameScanner(format)) {
                scanner.begin(stream, 0, stream.writerIndex());
                assertThat(scanner.next()).as("all before are dead").isGreaterThanOrEqualTo(undecidedFrom);
            }
        });
    }

    private static NavigableMap<Integer, Long> scan(FrameFormat format, byte[] stream, int from) {
        NavigableMap<Integer, Long> starts = new TreeMap<>();
        try (FrameScanner scanner = new FrameScanner(format)) {
            scanner.begin(Unpooled.wrappedBuffer(stream), from, stream.length);
            for (int at = scanner.next(); at != FrameScanner.NONE; at = scanner.next()) {
                starts.put(at, scanner.frameBytes());
            }
        }
        return starts;
    }

    private static NavigableMap<Integer, Long> probeEveryPlace(FrameFormat format, byte[] stream, int from) {
        NavigableMap<Integer, Long> starts = new TreeMap<>();
        ByteBuf buffer = Unpooled.wrappedBuffer(stream);
        try (FrameProbe probe = new FrameProbe(format)) {
            for (int at = from; at < stream.length; at++) {
                long answer = probe.probe(buffer, at, stream.length);
                if (answer >= 0) {
                    starts.put(at, answer);
                }
            }
        }
        return starts;
    }

    /** Where the frames of a clean stream end. */
    private static List<Long> ends(FrameFormat format, byte[] stream) {
        List<Long> ends = new ArrayList<>();
        ByteBuf in = Unpooled.wrappedBuffer(stream);
        try (FrameDecoder decoder = new FrameDecoder(format)) {
            decoder.decode(in, new FrameHandler() {
                @Override
                public void onFrame(FrameView frame) {
                    ends.add(frame.endOffset());
                }

                @Override
                public void onBadFrame(BadFrame reason, long offset) {
                    throw new AssertionError(reason + " in " + ByteBufUtil.hexDump(stream));
                }

                @Override
                public void onSkipped(long fromOffset, long toOffset) {
                    throw new AssertionError(fromOffset + " to " + toOffset);
                }
            });
        }
        return ends;
    }
}
