package dev.tunbridge.protocol.frame;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameEncoderTest {
    private static final FrameFormat SHARED_BITS = FrameFormat.parse("""
            name: shared
            frame:
              header:
                - {name: type, at: 0, size: 1, bits: 6, shift: 2}
                - {name: urgent, at: 0, size: 1, bits: 1, shift: 1}
                - {name: sequence, at: 1, size: 2, bits: 4, shift: 12}
              length: {at: 1, size: 2, bits: 12, max: 4095}
              payload: {at: 3}
            types: {hello: 1}
            """, "shared.yaml");

    private final ByteBuf out = Unpooled.buffer();

    @Test
    void fieldsThatShareBytesLeaveEachOtherAlone() {
        int urgent = SHARED_BITS.fieldIndex("urgent").orElseThrow();
        try (FrameEncoder encoder = new FrameEncoder(SHARED_BITS)) {
            for (int i = 0; i < 17; i++) {
                out.clear();
                encoder.begin(out, 0x3F).writeZero(0x123);
                encoder.setField(urgent, 1);
                encoder.end();
                assertThat((int) out.getUnsignedByte(0)).isEqualTo(0xFE);
                assertThat(out.getUnsignedShort(1))
                        .as("sequence modulo 16, then length")
                        .isEqualTo(((i % 16) << 12) | 0x123);
            }
            encoder.begin(out, 1);
            assertThatThrownBy(() -> encoder.setField(urgent, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("header field urgent cannot hold 2");
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void callsOutOfOrderAreRefused(String name) {
        FrameFormat format = FrameFormat.builtin(name);
        int type = Collections.max(format.types().values());
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            assertThatThrownBy(encoder::end).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> encoder.setField(0, 1)).isInstanceOf(IllegalStateException.class);
            encoder.begin(out, type);
            assertThatThrownBy(() -> encoder.begin(out, type)).isInstanceOf(IllegalStateException.class);
            encoder.abort();
            encoder.abort();
            assertThat(out.isReadable()).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void aPayloadTooLongLeavesTheBufferAsItWas(String name) {
        FrameFormat format = FrameFormat.builtin(name);
        int type = Collections.max(format.types().values());
        int most = format.maxPayloadBytes(type);
        ByteBuf payload = Unpooled.wrappedBuffer("a".repeat(most + 1).getBytes(US_ASCII));
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            out.writeByte(9);
            assertThatThrownBy(() -> encoder.encode(out, type, payload))
                    .isInstanceOf(FrameTooLongException.class)
                    .hasMessageContaining("allowed 0 to " + most);
            assertThat(out.readableBytes()).isEqualTo(1);
            encoder.encode(out, type, payload.readerIndex(1));
            assertThat(payload.readableBytes()).as("stays readable").isEqualTo(most);
        }
    }
}
