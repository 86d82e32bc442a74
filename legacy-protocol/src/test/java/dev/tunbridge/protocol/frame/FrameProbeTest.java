package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameProbeTest {
    @Test
    void framesOfOneSizeAndNoHeaderClaimThatSize() {
        FrameFormat format = FrameFormat.parse("""
                name: bare
                frame:
                  payload: {at: 0, size: 8}
                  check: {algorithm: crc32, from: 0, to: payload-end, at: payload-end}
                types: {block: 0}
                """, "bare");
        try (FrameProbe probe = new FrameProbe(format)) {
            assertThat(probe.claimedBytes(Unpooled.wrappedBuffer(new byte[5]), 0, 5))
                    .isEqualTo(12);
        }
    }

    @Test
    void aWholeHeaderTellsTheLengthThatTheFrameWillHave() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int told = 0;
        for (int round = 0; round < 800; round++) {
            FrameFormat format = Formats.random(random);
            StreamGenerator generator = new StreamGenerator(format, random);
            byte[] stream = generator.damage(generator.frames(1 + random.nextInt(4)));
            ByteBuf buffer = Unpooled.wrappedBuffer(stream);
            boolean mayTell = format.escape() == Escape.NONE;
            try (FrameProbe probe = new FrameProbe(format)) {
                for (int at = 0; at < stream.length; at++) {
                    String what = "seed " + seed + " round " + round + " at " + at + " " + format;
                    int claimed = probe.claimedBytes(buffer, at, stream.length);
                    long answer = probe.probe(buffer, at, stream.length);
                    if (answer > 0) {
                        assertThat(claimed).as(what).isEqualTo(mayTell ? (int) answer : 0);
                    } else if (claimed > 0) {
                        assertThat(answer).as(what).isIn(0L, (long) BadFrame.CHECK.dead(), (long)
                                BadFrame.TRAILER.dead());
                    }
                    int first = buffer.getUnsignedByte(at);
                    FrameFormat shape = format.shapes().stream()
                            .filter(one -> one.sync().byteAt(0) == first)
                            .findFirst()
                            .orElse(format);
                    int header = at + shape.payloadAt();
                    assertThat(probe.claimedBytes(buffer, at, Math.min(stream.length, header - 1)))
                            .as("half a header: %s", what)
                            .isZero();
                    // With flags in front it comes later, and so it may where the length grows.
                    if (header > at && header <= stream.length && !format.mayShareFlag() && shape.growthBytes() == 0) {
                        assertThat(probe.claimedBytes(buffer, at, header))
                                .as(what)
                                .isEqualTo(claimed);
                    }
                    told += claimed > 0 ? 1 : 0;
                }
            }
        }
        assertThat(told).isPositive();
    }

    @Test
    void showsTheFrameThatTheDecoderFinds() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 800; round++) {
            FrameFormat format = Formats.random(random);
            byte[] stream = new StreamGenerator(format, random).frames(1 + random.nextInt(5));
            ByteBuf buffer = Unpooled.wrappedBuffer(stream);
            List<String> shown = new ArrayList<>();
            long offset = random.nextLong() >>> 2;
            try (FrameProbe probe = new FrameProbe(format)) {
                int at = 0;
                for (long answer = probe.probe(buffer, at, stream.length);
                        answer > 0;
                        answer = probe.probe(buffer, at, stream.length)) {
                    shown.add(event(format, probe.frame(buffer, offset + at, answer), offset));
                    at += (int) answer;
                }
            }
            assertThat(shown)
                    .as("seed %d round %d %s", seed, round, format)
                    .isEqualTo(ModelDecoder.decode(format, stream));
        }
    }

    private static String event(FrameFormat format, FrameView frame, long offset) {
        List<Long> fields = new ArrayList<>();
        for (int i = 0; i < format.fields().size(); i++) {
            fields.add(frame.field(i));
        }
        byte[] payload = ByteBufUtil.getBytes(frame.buffer(), frame.payloadIndex(), frame.payloadLength());
        return ModelDecoder.frameEvent(
                frame.startOffset() - offset,
                frame.endOffset() - offset,
                Integer.toUnsignedLong(frame.type()),
                fields,
                payload);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hdlc", "slip", "cobs", "dle"})
    void marksThatNoFrameHoldsShowWhereFramesMeet(String escape) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            FrameFormat format = format(escape, 1 + random.nextInt(80));
            byte[] stream =
                    withFill(format, new StreamGenerator(format, random).frames(6 + random.nextInt(20)), random);
            List<String> all = ModelDecoder.decode(format, stream);
            ByteBuf buffer = Unpooled.wrappedBuffer(stream);
            try (FrameProbe probe = new FrameProbe(format)) {
                assertThat(probe.hasCertainBoundaries()).isTrue();
                for (int from = 1; from < stream.length; from++) {
                    String what = escape + " seed " + seed + " round " + round + " from " + from;
                    int limit = Math.min(stream.length, from + 2 * format.maxFrameBytes() + 2);
                    int boundary = probe.certainBoundary(buffer, from, limit);
                    if (boundary == limit) {
                        assertThat(limit)
                                .as("none before the end of the stream: %s", what)
                                .isEqualTo(stream.length);
                        continue;
                    }
                    assertThat(boundary).as(what).isBetween(from, limit - 1);
                    assertThat(framesFrom(format, probe, buffer, boundary))
                            .as(what)
                            .isEqualTo(tail(all, boundary));
                }
            }
        }
    }

    private static FrameFormat format(String escape, int most) {
        return FrameFormat.parse("""
                name: marks
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  payload: {at: 1, max: %d}
                  check: {algorithm: sum, size: 1, from: 0, to: payload-end, at: payload-end}
                  escape: %s
                types: {hello: 1}
                """.formatted(most, escape), "marks");
    }

    /** Idle delimiters between frames, where the format has them. */
    private static byte[] withFill(FrameFormat format, byte[] stream, Random random) {
        int delimiter = switch (format.escape()) {
            case HDLC -> 0x7e;
            case SLIP -> 0xc0;
            case COBS -> 0;
            default -> -1;
        };
        ByteBuf out = Unpooled.buffer();
        for (byte b : stream) {
            out.writeByte(b);
            if ((b & 0xff) == delimiter && random.nextInt(3) == 0) {
                out.writeByte(b).writeByte(b);
            }
        }
        return ByteBufUtil.getBytes(out);
    }

    private static List<String> framesFrom(FrameFormat format, FrameProbe probe, ByteBuf buffer, int from) {
        List<String> frames = new ArrayList<>();
        int at = from;
        for (long answer = probe.probe(buffer, at, buffer.writerIndex());
                answer > 0;
                answer = probe.probe(buffer, at, buffer.writerIndex())) {
            frames.add(event(format, probe.frame(buffer, at, answer), 0));
            at += (int) answer;
        }
        return frames;
    }

    /** The true frames that start at the index or later, as many as there are. */
    private static List<String> tail(List<String> all, int from) {
        return all.stream()
                .filter(event -> Integer.parseInt(event.substring(6, event.indexOf('.'))) >= from)
                .toList();
    }

    /** Behind a hole nobody knows how many marks came before the first. */
    @ParameterizedTest
    @CsvSource({"1002, 2", "101002, 3", "41101002411002, 5", "411010100241, 3", "0310024142, 1", "4110, 2", "411003, 3"
    })
    void aMarkOfDleCountsOnlyBehindAnEvenNumberOfMarks(String bytes, int expected) {
        ByteBuf buffer = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(bytes));
        try (FrameProbe probe = new FrameProbe(format("dle", 20))) {
            assertThat(probe.certainBoundary(buffer, 0, buffer.writerIndex())).isEqualTo(expected);
        }
    }

    @Test
    void withoutMarksNoBoundaryIsCertain() {
        try (FrameProbe probe = new FrameProbe(FrameFormat.builtin("reference"))) {
            assertThat(probe.hasCertainBoundaries()).isFalse();
            assertThat(probe.certainBoundary(Unpooled.wrappedBuffer(new byte[50]), 3, 50))
                    .isEqualTo(50);
        }
    }
}
