package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.protocol.description.DescriptionException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/** Arbitrary bytes for decoder, scanner and the descriptions of formats; how to fuzz is in CONTRIBUTING. */
class FrameFuzzTest {
    private static final int GENERATED = 29;
    private static final List<FrameFormat> FORMATS = formats();

    private static List<FrameFormat> formats() {
        List<FrameFormat> formats = new ArrayList<>();
        FrameFormat.builtinNames().forEach(name -> formats.add(FrameFormat.builtin(name)));
        Random random = new Random(1);
        for (int i = 0; i < GENERATED; i++) {
            formats.add(Formats.random(random));
        }
        return formats;
    }

    /** However the stream is cut, the decoder says what the slow model says. */
    @FuzzTest(maxDuration = "10m")
    void decodes(FuzzedDataProvider data) {
        FrameFormat format = data.pickValue(FORMATS);
        Random cuts = new Random(data.consumeInt());
        byte[] stream = data.consumeRemainingAsBytes();
        List<String> expected = ModelDecoder.decode(format, stream);
        assertThat(Recorder.decode(format, stream, () -> stream.length)).isEqualTo(expected);
        assertThat(Recorder.decode(format, stream, () -> 1)).isEqualTo(expected);
        assertThat(Recorder.decode(format, stream, () -> 1 + cuts.nextInt(40))).isEqualTo(expected);
    }

    /** A scan that waits for bytes finds what one of all bytes finds, and misses no place that a probe of every place finds. */
    @FuzzTest(maxDuration = "10m")
    void scans(FuzzedDataProvider data) {
        FrameFormat format = data.pickValue(FORMATS);
        Random cuts = new Random(data.consumeInt());
        int from = data.consumeInt(0, 64);
        byte[] stream = data.consumeRemainingAsBytes();
        from = Math.min(from, stream.length);
        NavigableMap<Integer, Long> whole = scan(format, stream, from, Integer.MAX_VALUE, cuts);
        assertThat(scan(format, stream, from, 40, cuts)).isEqualTo(whole);
        NavigableMap<Integer, Long> everywhere = probeEveryPlace(format, stream, from);
        if (format.escape() == Escape.NONE && !format.mayShareFlag()) {
            assertThat(whole).isEqualTo(everywhere);
        } else {
            assertThat(everywhere).containsAllEntriesOf(whole);
        }
    }

    private static NavigableMap<Integer, Long> scan(
            FrameFormat format, byte[] stream, int from, int most, Random cuts) {
        NavigableMap<Integer, Long> starts = new TreeMap<>();
        int limit = most == Integer.MAX_VALUE ? stream.length : from;
        try (FrameScanner scanner = new FrameScanner(format)) {
            scanner.begin(Unpooled.wrappedBuffer(stream), from, limit);
            while (true) {
                int at = scanner.next();
                boolean waits = at == FrameScanner.NONE || scanner.frameBytes() == 0;
                if (waits && limit < stream.length) {
                    limit = Math.min(stream.length, limit + 1 + cuts.nextInt(most));
                    scanner.extend(limit);
                } else if (at == FrameScanner.NONE) {
                    return starts;
                } else {
                    starts.put(at, scanner.frameBytes());
                }
            }
        }
    }

    private static NavigableMap<Integer, Long> probeEveryPlace(FrameFormat format, byte[] stream, int from) {
        NavigableMap<Integer, Long> starts = new TreeMap<>();
        ByteBuf buffer = Unpooled.wrappedBuffer(stream);
        try (FrameProbe probe = new FrameProbe(format)) {
            for (int at = from; at < stream.length; at++) {
                long answer = probe.probe(buffer, at, stream.length);
                int claimed = probe.claimedBytes(buffer, at, stream.length);
                assertThat(claimed).isBetween(0, format.maxFrameBytes());
                assertThat(probe.certainBoundary(buffer, at, stream.length)).isBetween(at, stream.length);
                if (answer >= 0) {
                    starts.put(at, answer);
                }
            }
        }
        return starts;
    }

    /** A description is read, or refused with its reason. */
    @FuzzTest(maxDuration = "10m")
    void describes(FuzzedDataProvider data) {
        String yaml = data.consumeRemainingAsString();
        try {
            FrameFormat format = FrameFormat.parse(yaml, "fuzz");
            assertThat(format.explain()).isNotEmpty();
            try (FrameEncoder encoder = new FrameEncoder(format);
                    FrameProbe probe = new FrameProbe(format)) {
                ByteBuf frame = Unpooled.buffer();
                int type = format.types().values().iterator().next();
                FrameFormat shape = format.shapeOf(type).orElseThrow();
                ByteBuf payload = Unpooled.buffer().writeZero(shape.minPayloadBytes());
                shape.typing().inPayload().ifPresent(typed -> {
                    payload.writeZero(Math.max(0, typed.end() - payload.readableBytes()));
                    typed.write(payload, 0, type);
                    payload.skipBytes(typed.strippedBytes());
                });
                encoder.encode(frame, type, payload);
                assertThat(probe.probe(frame, 0, frame.writerIndex()))
                        .isEqualTo(frame.writerIndex() - (format.mayShareFlag() ? 1 : 0));
            }
        } catch (UnsayableFrameException e) {
            assertThat(e).as("a header that holds what ends a frame").hasMessageContaining("which ends one");
        } catch (DescriptionException e) {
            assertThat(e).hasMessageContaining("fuzz");
        }
    }
}
