package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.inspection.FrameDrawing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a description may say of frames of many shapes, and what is told of it. */
class FrameShapesTest {
    private static final String SHAPES = """
            name: shapes
            frame:
              crcExtra: {1: 50, 2: 0x7C}
              shapes:
                - sync: {bytes: "FD"}
                  header: [{name: signed, at: 2, size: 1, bits: 1}, {name: type, at: 3, size: 1}]
                  length: {at: 1, size: 1, counts: payload, max: 255}
                  payload: {at: 4}
                  check: {algorithm: crc16-mcrf4xx, from: 1, to: payload-end, at: payload-end}
                  signature: {when: signed, size: 13}
                - {sync: {bytes: "10"}, payload: {at: 1, size: 2}, trailer: "16", type: 16}
            types: {hello: 1, bye: 16}
            """;

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "max: 255 | max: 256 | frame.shapes[0].length.max | is 256, but the field holds a payload of at most 255 bytes",
                "from: 1, to | from: 5, to | frame.shapes[0].check.from | is 5; allowed 0 to 4",
                "max: 255 | most: 255 | frame.shapes[0].length.most | is an unknown key",
                "payload: {at: 4} | payload: {at: 4}¶      escape: slip | frame.shapes[0].escape | is an unknown key",
                "bytes: \"10\" | bytes: \"FD\" | frame.shapes[1].sync.bytes | begins with the byte of frame.shapes[0]",
                "bytes: \"10\" | bytes: \"10\", mask: \"F0\" | frame.shapes[1].sync.mask | leaves the first byte open",
                "sync: {bytes: \"10\"}, payload | payload | frame.shapes[1] | leaves the first byte open",
                "{bytes: \"10\"}, payload: {at: 1, size: 2}, trailer: \"16\" | {bytes: \"10 11\"}, payload: {at: 2, size: 2}, trailer: \"10\" "
                        + "| frame.shapes[1].trailer | is the byte with which the sync begins",
                "size: 2}, trailer | max: 2}, trailer | frame.shapes[1].length | is missing; it may be absent only where",
                "size: 2}, trailer | size: 2, max: 3}, trailer | frame.shapes[1].payload.max | does not go with size",
                "size: 2}, trailer | size: -1}, trailer | frame.shapes[1].payload.size | is -1; allowed 0 to 1048576",
                "bye: 16 | bye: 17 | types.bye | is 17, which frames of no shape have",
                "bye: 16 | bye: 1 | types. | is 1, which is also types.",
                "1: 50, 2: 0x7C | 1: 50, 1.5: 7 | frame.crcExtra.1.5 | is no number of a type",
                "1: 50 | 1: 256 | frame.crcExtra.1 | is 256; allowed 0 to 255, a byte",
                "{1: 50, 2: 0x7C} | {300: 1} | frame.crcExtra | has no type that the type field holds; allowed 0 to 255",
                "{1: 50, 2: 0x7C} | {} | frame.crcExtra | is empty",
                "crc16-mcrf4xx | xor | frame.crcExtra | continues a CRC",
                ", {name: type, at: 3, size: 1}] | ] | frame.crcExtra | goes by type",
                "when: signed | when: sealed | frame.shapes[0].signature.when | is \"sealed\"; allowed: the name of a header field of one bit",
                "size: 13 | size: 0 | frame.shapes[0].signature.size | is 0; allowed 1 to 256",
                "counts: payload, max: 255 | counts: all, max: 200 | frame.shapes[0].length.counts | would count the signature",
                "type: 16} | type: 16, header: [{name: type, at: 0, size: 1}]} | frame.shapes[1].type | does not go with a field",
            })
    void refusesWhatCannotWork(String from, String to, String key, String reason) {
        assertThat(SHAPES).contains(from);
        String yaml = SHAPES.replace(from, to.replace('¶', '\n'));
        assertThatThrownBy(() -> FrameFormat.parse(yaml, "acme.yaml"))
                .isInstanceOfSatisfying(DescriptionException.class, e -> {
                    assertThat(e.key()).startsWith(key);
                    assertThat(e.line()).as("it has a place").isPositive();
                })
                .hasMessageStartingWith("acme.yaml:")
                .hasMessageContaining(reason);
    }

    @Test
    void aFrameOfNoBytesIsNone() {
        assertThatThrownBy(() -> FrameFormat.parse("""
                        name: nothing
                        frame: {payload: {at: 0, size: 0}}
                        types: {nothing: 0}
                        """, "x.yaml"))
                .hasMessageContaining("frame.payload.size: is 0; allowed 1 or more");
    }

    @Test
    void allFramesMayHaveOneSize() {
        FrameFormat blocks = FrameFormat.parse("""
                name: blocks
                frame: {header: [{name: type, at: 0, size: 1}], payload: {at: 1, size: 3}}
                types: {block: 7}
                """, "blocks.yaml");
        byte[] stream = Framings.bytes("07 010203 07 040506");
        assertThat(Framings.decode(blocks, stream)).containsExactly("7 010203", "7 040506");
        assertThat(Framings.writeAgain(blocks, stream)).isEqualTo(stream);
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(blocks)) {
            assertThatThrownBy(() -> encoder.encode(out, 7, Unpooled.buffer().writeZero(2)))
                    .isInstanceOf(FrameTooShortException.class);
            assertThatThrownBy(() -> encoder.encode(out, 7, Unpooled.buffer().writeZero(4)))
                    .isInstanceOf(FrameTooLongException.class);
        }
        assertThat(out.isReadable()).isFalse();
    }

    @Test
    void checkExplainsAndDrawsEachShape() {
        FrameFormat ft12 = FrameFormat.builtin("ft12");
        assertThat(ft12.explain())
                .contains(
                        "frames that begin with 68, of 6 to 261 bytes, have 20.0 bits of evidence: they are searched for",
                        "frames that begin with 10, of 5 bytes, have 16.0 bits of evidence: they are searched for",
                        "frames that begin with E5, of 1 byte, have 8.0 bits of evidence: they count behind another frame, and are not"
                                + " searched for")
                .anyMatch(
                        line -> line.startsWith("recovery past a hole: only behind a frame whose header came before"));
        assertThat(FrameDrawing.of(ft12))
                .contains("frames that begin with E5:", "a frame of type 229 with 0 bytes of payload: E5")
                .contains("a frame of type 16 with 2 bytes of payload: 10 65 78 DD 16");
        assertThat(FrameDrawing.of(FrameFormat.builtin("mavlink")))
                .anyMatch(line -> line.contains("where signed is 1"));
    }

    @Test
    void aByteThatBeginsNoShapeIsToldWithThoseThatDo() {
        ByteBuf bytes = Unpooled.wrappedBuffer(new byte[] {1, 2, 3});
        assertThat(FrameMisfit.of(FrameFormat.builtin("ft12"), BadFrame.SYNC, bytes, 0, 3)
                        .text())
                .isEqualTo("is 0x01; allowed 0x68, 0x10, 0xE5, 0xA2, with which frames begin");
    }
}
