package dev.tunbridge.protocol.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Seeds;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is found in a recording reads another one as the format does that has written both. */
class InferenceTest {
    private static final int FRAMES = 200;

    private static Stream<Arguments> shipped() {
        return Protocol.builtinNames().stream()
                .flatMap(name -> Stream.of(Recordings.Content.values()).map(content -> Arguments.of(name, content)));
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void findsEveryShippedFormat(String name, Recordings.Content content) {
        assertFound(FrameFormat.builtin(name), content);
    }

    private static Stream<Arguments> madeUp() {
        return MadeUp.formats().entrySet().stream()
                .flatMap(entry -> Stream.of(Recordings.Content.values())
                        .map(content -> Arguments.of(entry.getKey(), entry.getValue(), content)));
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("madeUp")
    void findsFormatsUnlikeThem(String name, FrameFormat format, Recordings.Content content) {
        assertFound(format, content);
    }

    private static void assertFound(FrameFormat truth, Recordings.Content content) {
        long seed = Seeds.next();
        byte[] recording = Recordings.of(truth, content, FRAMES, seed);
        List<Proposal> proposals = Inference.of(List.of(recording)).proposals();
        assertThat(proposals).as("seed %d", seed).isNotEmpty();
        Proposal best = proposals.get(0);
        FrameFormat found = Protocol.parse(best.yaml(), "inferred").format();
        byte[] another = Recordings.of(truth, content, FRAMES, seed + 1);
        assertThat(Boundaries.of(found, another))
                .as("seed %d%n%s%n%s", seed, best.evidence(), best.yaml())
                .hasSize(FRAMES)
                .isEqualTo(Boundaries.of(truth, another));
        assertThat(found.check().map(check -> check.algorithm()))
                .as("seed %d%n%s", seed, best.yaml())
                .isEqualTo(truth.check().map(check -> check.algorithm()));
    }
}
