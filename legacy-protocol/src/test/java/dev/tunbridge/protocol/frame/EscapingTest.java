package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EscapingTest {
    private static final int LONGEST = 1_100;

    @ParameterizedTest
    @CsvSource({
        "COBS, 00, 010100",
        "COBS, 0000, 01010100",
        "COBS, 11220033, 031122023300",
        "COBS, 11223344, 051122334400",
        "COBS, 11000000, 021101010100",
        "SLIP, C0DB01, C0DBDCDBDD01C0",
        "HDLC, 7E7D11, 7E7D5E7D5D117E",
        "DLE, 100203, 1002101002031003",
        "SML, 7605010203001B1B1B1B09, 1B1B1B1B010101017605010203001B1B1B1B09001B1B1B1B1A01D8D6",
    })
    void writesWhatTheDocumentsSay(Escape escape, String content, String wire) {
        ByteBuf in = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(content));
        ByteBuf out = Unpooled.buffer();
        escaping(escape).escape(in, 0, in.readableBytes(), out);
        assertThat(ByteBufUtil.hexDump(out)).isEqualToIgnoringCase(wire);
    }

    /** A full block of COBS says nothing of a zero behind it: the lengths around 254 are where encoders go wrong. */
    @Test
    void cobsWritesAFullBlockWithoutAZeroBehindIt() {
        for (int length : new int[] {253, 254, 255, 508, 509}) {
            ByteBuf content = Unpooled.buffer().writeZero(length);
            for (int i = 0; i < length; i++) {
                content.setByte(i, 1);
            }
            ByteBuf out = Unpooled.buffer();
            escaping(Escape.COBS).escape(content, 0, length, out);
            int blocks = (length + 253) / 254;
            assertThat(out.readableBytes()).as("%d bytes", length).isEqualTo(length + blocks + 1);
            assertThat((int) out.getUnsignedByte(0)).isEqualTo(Math.min(length + 1, 255));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Escape.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "END"})
    void everyLengthComesBackWithinTheBound(Escape escape) {
        long seed = Seeds.next();
        Random random = new Random(seed);
        Escaping escaping = escaping(escape);
        for (int length = 1; length <= LONGEST; length++) {
            byte[] content = new byte[length];
            random.nextBytes(content);
            int kind = random.nextInt(3);
            for (int i = 0; i < length && kind != 0; i++) {
                // Without the bytes that are escaped, so that long runs come up.
                content[i] = (byte) (0x20 | (content[i] & 0x1F));
            }
            if (kind == 1) {
                content[length - 1] = 0;
            }
            ByteBuf wire = Unpooled.buffer();
            escaping.escape(Unpooled.wrappedBuffer(content), 0, length, wire);
            String what = escape + " seed " + seed + " length " + length;
            int wireBytes = wire.readableBytes();
            assertThat(wireBytes).as(what).isLessThanOrEqualTo(escaping.maxWireBytes(length));
            ByteBuf out = Unpooled.buffer();
            int start = escaping.skipFill(wire, 0, wireBytes);
            assertThat(escaping.unescape(wire, start, wireBytes, out, length))
                    .as(what)
                    .isEqualTo(wireBytes);
            assertThat(ByteBufUtil.getBytes(out)).as(what).isEqualTo(content);
            assertThat(escaping.unescape(wire, start, wireBytes - 1, out.clear(), length))
                    .as("%s but for its last byte", what)
                    .isEqualTo(Escaping.UNDECIDED);
        }
    }

    private static Escaping escaping(Escape escape) {
        return Objects.requireNonNull(escape.escaping());
    }
}
