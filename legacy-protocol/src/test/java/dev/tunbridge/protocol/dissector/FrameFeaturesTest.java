package dev.tunbridge.protocol.dissector;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the language of frames learns and a dissector does not is told, and not misread. */
class FrameFeaturesTest {
    /** As a frame may be that has learnt a thing. */
    record Learnt(int at, Optional<String> masking) {}

    @Test
    void refusesByNameWhatIsUsedAndNotKnown() {
        assertThatThrownBy(() ->
                        FrameFeatures.verify("acme", "frame", new Learnt(1, Optional.of("four bytes")), Set.of("at")))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("format acme: frame.masking: is Optional[four bytes], which no dissector");
    }

    @Test
    void passesOverWhatIsNotUsed() {
        assertThatCode(() -> FrameFeatures.verify("acme", "frame", new Learnt(1, Optional.empty()), Set.of("at")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void knowsAllThatShippedFormatsUse(String name) {
        assertThatCode(() -> FrameFeatures.verify(FrameFormat.builtin(name))).doesNotThrowAnyException();
    }
}
