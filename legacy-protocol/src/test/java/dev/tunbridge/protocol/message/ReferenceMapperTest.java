package dev.tunbridge.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReferenceMapperTest {
    private static final String SESSION_TYPES =
            "hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 7";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hello: 1 | types.welcome | is missing",
                "hello: 1, ping: 2 | types.ping | is no message of the mapper reference; allowed tcp, packet",
                SESSION_TYPES + " | types | has no carriage for traffic",
                SESSION_TYPES + ", tcp: 8 | types | has no carriage for traffic",
            })
    void refusesTypesItCannotWorkWith(String types, String key, String reason) {
        FrameFormat format = format("reference", types);
        assertThatThrownBy(() -> MessageMappers.forFormat(format))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).isEqualTo(key))
                .hasMessageContaining(reason);
    }

    @Test
    void oneCarriageIsEnough() {
        MessageCodec codec = MessageMappers.forFormat(format("reference", SESSION_TYPES + ", packet: 8"));
        try (FrameEncoder encoder = new FrameEncoder(format("reference", "hello: 1"))) {
            assertThatThrownBy(() -> codec.write(new Message.Data(1, Octets.EMPTY), encoder, Unpooled.buffer()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the format small has no type data");
        }
    }

    @Test
    void namesTheMapperThatIsMissing() {
        assertThatThrownBy(() -> MessageMappers.forFormat(format("acme", SESSION_TYPES)))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("mapper: no message mapper is named \"acme\"; allowed reference");
    }

    private static FrameFormat format(String mapper, String types) {
        return FrameFormat.parse("""
                name: small
                mapper: %s
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 1, max: 100}
                  payload: {at: 2}
                types: {%s}
                """.formatted(mapper, types), "small.yaml");
    }
}
