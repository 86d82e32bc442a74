package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a bad frame costs, and what it must not cost. */
class ResynchronisationTest {
    private static FrameFormat delimited(Escape escape) {
        return FrameFormat.parse("""
                name: delimited
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  payload: {at: 1, max: 100}
                  escape: %s
                types: {data: 0}
                """.formatted(escape.name().toLowerCase(Locale.ROOT)), "delimited");
    }

    @Test
    void aBadEscapeOfKissCostsItsOwnFrameOnly() {
        assertThat(Framings.decode(delimited(Escape.SLIP), Framings.read("kissbad")))
                .containsExactly("0 01020304", "bad ESCAPE at 8", "skipped 8..13", "0 0506");
    }

    /** SLIP: DB 00; HDLC: an abort, 7D 7E (RFC 1662, 4.3); COBS: a code that reaches beyond the delimiter. */
    @ParameterizedTest
    @CsvSource({
        "SLIP, C0 00 01 C0 C0 00 DB 00 C0 C0 00 02 C0",
        "SLIP, C0 00 01 C0 00 DB 00 C0 00 02 C0",
        "HDLC, 7E 00 01 7E 7E 00 55 7D 7E 7E 00 02 7E",
        "HDLC, 7E 00 01 7E 00 55 7D 7E 00 02 7E",
        "COBS, 01 02 01 00 09 01 01 00 01 02 02 00",
    })
    void aBadEscapeCostsNoFrameBehindTheNextDelimiter(Escape escape, String stream) {
        assertThat(Framings.decode(delimited(escape), Framings.bytes(stream)))
                .filteredOn(event -> event.startsWith("0 "))
                .containsExactly("0 01", "0 02");
    }

    @ParameterizedTest
    @EnumSource(
            value = Escape.class,
            names = {"SLIP", "HDLC", "COBS"})
    void checkExplainsWhatDelimitersDo(Escape escape) {
        assertThat(delimited(escape).explain())
                .contains("after a bad frame the next delimiter begins the next frame, searched for in 65536 bytes")
                .contains(
                        "recovery past a hole: possible; frames go early from the first mark, a boundary that is proven")
                .anyMatch(line -> line.startsWith("false frames to expect: none behind a delimiter"));
    }

    /** Frames with a check: a delimiter in the middle makes two bad pieces, and the good frame behind them is whole. */
    @ParameterizedTest
    @CsvSource({
        "7E 00 01 02 7E 00 03 7E 7E %s 7E",
        "7E 00 01 02 7E 00 03 7E %s 7E",
        "7E 00 01 02 7E 7E 7E 00 03 7E %s 7E",
        "7E 00 01 02 7D 7E %s 7E",
        "7E 7D 7E %s 7E",
        "7E 00 7E %s 7E",
    })
    void aDelimiterInsideACutFrameCostsNoGoodOne(String stream) {
        FrameFormat hdlc = FrameFormat.builtin("hdlc");
        ByteBuf good = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(hdlc)) {
            encoder.encode(good, 7, Unpooled.wrappedBuffer(new byte[] {5, 6}));
        }
        String content = ByteBufUtil.hexDump(good, 1, good.readableBytes() - 2);
        assertThat(Framings.decode(hdlc, Framings.bytes(stream.formatted(content))))
                .filteredOn(event -> event.startsWith("7 "))
                .containsExactly("7 0506");
    }

    @Test
    void aFlagInsideACutFrameOfDlmsCostsNoGoodOne() {
        FrameFormat dlms = FrameFormat.parse(PublishedFramesTest.DLMS, "dlms");
        String good = "A0070321930F01";
        for (String cut :
                List.of("A00A0321", "A00A03217E93", "A0077E21930F01", "A7FF0321", "7E7E", "A0", "A00703219")) {
            String digits = cut.length() % 2 == 0 ? cut : cut + "0";
            byte[] stream = Framings.bytes("7E" + good + "7E" + digits + "7E" + good + "7E7E" + good + "7E"
                    + "7E".repeat(dlms.maxFrameBytes()));
            assertThat(Framings.decode(dlms, stream))
                    .as(cut)
                    .filteredOn(event -> event.startsWith("0 "))
                    .containsExactly("0 032193", "0 032193", "0 032193");
        }
    }

    /** Between two frames of IEC 62056-46 there may be one flag, two or many. */
    @Test
    void flagsOfDlmsAreSharedOrNot() {
        FrameFormat dlms = FrameFormat.parse(PublishedFramesTest.DLMS, "dlms");
        String frame = "A0070321930F01";
        for (String between : List.of("7E", "7E7E", "7E7E7E7E")) {
            byte[] stream = Framings.bytes("7E" + (frame + between).repeat(5));
            assertThat(Framings.decode(dlms, stream)).as(between).hasSize(5).containsOnly("0 032193");
        }
    }

    @ParameterizedTest
    @CsvSource({"own, 7EA0070321930F017E7EA0070321930F017E", "shared, 7EA0070321930F017EA0070321930F017E"})
    void flagsOfDlmsAreWrittenAsTheKeySays(String flags, String expected) {
        String yaml = PublishedFramesTest.DLMS.replace("  trailer:", "  flags: " + flags + "\n  trailer:");
        assertThat(written(FrameFormat.parse(yaml, "dlms"), 0, new byte[] {3, 0x21, (byte) 0x93}))
                .isEqualToIgnoringCase(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "hdlc, own, 7E00017E7E00017E",
        "hdlc, shared, 7E00017E00017E",
        "slip, own, C00001C0C00001C0",
        "slip, shared, C00001C00001C0",
    })
    void delimitersAreWrittenAsTheKeySays(String escape, String flags, String expected) {
        FrameFormat format = FrameFormat.parse("""
                name: delimited
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  payload: {at: 1, max: 100}
                  escape: %s
                  flags: %s
                types: {data: 0}
                """.formatted(escape, flags), "delimited");
        assertThat(written(format, 0, new byte[] {1})).isEqualToIgnoringCase(expected);
        assertThat(Framings.decode(format, Framings.bytes(expected))).containsExactly("0 01", "0 01");
    }

    private static String written(FrameFormat format, int type, byte[] payload) {
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            encoder.encode(out, type, Unpooled.wrappedBuffer(payload));
            encoder.begin(out, type);
            encoder.abort();
            encoder.encode(out, type, Unpooled.wrappedBuffer(payload));
        }
        return ByteBufUtil.hexDump(out);
    }

    /**
     * Behind a bad frame stands a mark with a large length, behind it good frames, then nothing. The good ones wait until the
     * length is full: were they given out before, then a frame whose payload holds frames, as a client may choose, would be
     * torn apart or not, as its bytes were cut. What waits is bounded by the longest frame, and not lost.
     */
    @Test
    void aFalseMarkHoldsGoodFramesBackUntilItsLengthIsFullAndLosesNone() {
        FrameFormat format = FrameFormat.builtin("reference");
        ByteBuf good = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < 3; i++) {
                encoder.encode(good, 0x10, Unpooled.wrappedBuffer(new byte[] {(byte) i}));
            }
        }
        int claimed = 600;
        String mark = "A55A 10 00 " + String.format(Locale.ROOT, "%04X", claimed - 8);
        byte[] before = Framings.bytes("EE EE " + mark + ByteBufUtil.hexDump(good));
        String frames = "[16 00, 16 01, 16 02]";
        assertThat(Framings.decode(format, before)).containsExactly("bad SYNC at 0");
        byte[] almost = padded(before, 2 + claimed - 1);
        assertThat(Framings.decode(format, almost)).containsExactly("bad SYNC at 0");
        List<String> events = Framings.decode(format, padded(before, 2 + claimed));
        assertThat(events.subList(2, events.size())).hasToString(frames.replace("]", ", bad SYNC at 35]"));
        assertThat(events.get(1)).isEqualTo("skipped 0..8");
    }

    /** The other side of it: where the large length is true, what its payload holds is no frame of the stream. */
    @Test
    void aTrueFrameThatHoldsFramesIsNotTornApart() {
        FrameFormat format = FrameFormat.builtin("reference");
        ByteBuf inner = Unpooled.buffer();
        ByteBuf stream = Unpooled.buffer().writeShort(0xEEEE);
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int i = 0; i < 3; i++) {
                encoder.encode(inner, 0x10, Unpooled.wrappedBuffer(new byte[] {(byte) i}));
            }
            encoder.encode(stream, 0x20, inner);
        }
        assertThat(Framings.decode(format, ByteBufUtil.getBytes(stream)))
                .containsExactly("bad SYNC at 0", "skipped 0..2", "32 " + ByteBufUtil.hexDump(inner));
    }

    private static byte[] padded(byte[] bytes, int size) {
        return java.util.Arrays.copyOf(bytes, size);
    }

    @Test
    void whereNoByteBothOpensAndClosesFlagsCannotBeShared() {
        List<String> refused = new ArrayList<>();
        for (String escape : List.of("cobs", "dle", "none")) {
            try {
                FrameFormat.parse("""
                        name: none
                        frame:
                          header: [{name: type, at: 0, size: 1}]
                          length: {at: 1, size: 1, max: 99}
                          payload: {at: 2}
                          escape: %s
                          flags: shared
                        types: {data: 0}
                        """.formatted(escape), "x");
            } catch (dev.tunbridge.protocol.description.DescriptionException e) {
                refused.add(e.getMessage());
            }
        }
        assertThat(refused).hasSize(3).allMatch(m -> m.startsWith("x:7:10: frame.flags: is \"shared\"; allowed: own"));
    }
}
