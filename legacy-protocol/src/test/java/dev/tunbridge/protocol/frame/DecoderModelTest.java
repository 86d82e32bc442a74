package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The decoder does what the slow model does, whatever the bytes and however they are cut. */
class DecoderModelTest {
    private static final int ROUNDS = 40;

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void shippedFormatsDecodeAsTheModelDoes(String name) {
        FrameFormat format = FrameFormat.builtin(name);
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            compare(format, random, 1 + random.nextInt(8), name + " seed " + seed + " round " + round);
        }
    }

    @Test
    void randomFormatsDecodeAsTheModelDoes() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 3_000; round++) {
            FrameFormat format = Formats.random(random);
            compare(format, random, 1 + random.nextInt(12), "seed " + seed + " round " + round + " " + format);
        }
    }

    @Test
    void pureNoiseDecodesAsTheModelDoes() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 1_000; round++) {
            FrameFormat format = Formats.random(random);
            byte[] noise = new byte[random.nextInt(400)];
            random.nextBytes(noise);
            compareChunkings(format, noise, random, "seed " + seed + " round " + round + " " + format);
        }
    }

    private static void compare(FrameFormat format, Random random, int frames, String what) {
        StreamGenerator generator = new StreamGenerator(format, random);
        byte[] clean = generator.frames(frames);
        List<String> events = ModelDecoder.decode(format, clean);
        assertThat(events).as("a clean stream: %s", what).hasSize(frames).allMatch(event -> event.startsWith("frame "));
        compareChunkings(format, clean, random, "clean, " + what);
        compareChunkings(format, generator.damage(clean), random, "damaged, " + what);
    }

    private static void compareChunkings(FrameFormat format, byte[] stream, Random random, String what) {
        List<String> expected = ModelDecoder.decode(format, stream);
        assertThat(Recorder.decode(format, stream, () -> stream.length))
                .as("at once, %s", what)
                .isEqualTo(expected);
        assertThat(Recorder.decode(format, stream, () -> 1))
                .as("a byte at a time, %s", what)
                .isEqualTo(expected);
        int most = 1 + random.nextInt(100);
        assertThat(Recorder.decode(format, stream, () -> 1 + random.nextInt(most)))
                .as("in pieces, %s", what)
                .isEqualTo(expected);
    }
}
