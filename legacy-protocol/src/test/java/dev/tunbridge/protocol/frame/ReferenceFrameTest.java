package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** The bytes of the shipped formats, as a person reads them in a dump. */
class ReferenceFrameTest {
    private final ByteBuf out = Unpooled.buffer();

    @Test
    void writesTheReferenceFrame() {
        assertThat(dump("reference", "31 32 33")).isEqualTo("a55a0100" + "0003" + "313233" + "6c10");
    }

    @Test
    void writesALittleEndianLengthWithoutChecksum() {
        assertThat(dump("plain-le", "31 32 33")).isEqualTo("0500" + "01" + "00" + "313233");
    }

    @Test
    void escapesFlagsAndItsOwnMarks() {
        assertThat(dump("hdlc", "7E 7D 11")).isEqualTo("7e" + "0100" + "7d5e" + "7d5d" + "11" + "4415" + "7e");
    }

    private String dump(String format, String payload) {
        try (FrameEncoder encoder = new FrameEncoder(FrameFormat.builtin(format))) {
            encoder.encode(out, 1, Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(payload.replace(" ", ""))));
        }
        return ByteBufUtil.hexDump(out);
    }
}
