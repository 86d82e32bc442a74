package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frames that others have written or published are read, and written the same. */
class PublishedFramesTest {
    /** RTCM 10403: the length shares its first byte with six reserved bits, which the sync demands to be zero. */
    private static final String RTCM = """
            name: rtcm3
            frame:
              sync: {bytes: "D3 00", mask: "FF FC"}
              header:
                - {name: type, at: 3, size: 2, shift: 4, bits: 12}
                - {name: rest, at: 3, size: 2, bits: 4}
              length: {at: 1, size: 2, bits: 10, counts: payload, adjust: 2, max: 1021}
              payload: {at: 5}
              check: {algorithm: crc24-q, from: 0, to: payload-end, at: payload-end}
            types: {station: 1005}
            """;

    @Test
    void aSyncMayLeaveBitsToTheLength() {
        byte[] stream = Framings.read("rtcm3");
        FrameFormat format = FrameFormat.parse(RTCM, "rtcm3");
        List<String> frames = Framings.decode(format, stream);
        assertThat(frames).hasSize(5).startsWith("1005 d30202980edeef34b4bd62ac0941986f33");
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }

    /** The example of RTCM 10403.2, section 4.2, so that there is one without the files of others too. */
    @Test
    void theExampleOfRtcmIsRead() {
        byte[] stream = Framings.bytes("d300133ed7d30202980edeef34b4bd62ac0941986f33360b98");
        FrameFormat format = FrameFormat.parse(RTCM, "rtcm3");
        assertThat(Framings.decode(format, stream)).containsExactly("1005 d30202980edeef34b4bd62ac0941986f33");
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }

    /** No field tells messages of RTCM apart but their first twelve bits, which belong to the payload. */
    @Test
    void aFormatNeedsNoType() {
        String yaml = """
                name: rtcm3
                frame:
                  sync: {bytes: "D3 00", mask: "FF FC"}
                  length: {at: 1, size: 2, bits: 10, max: 1023}
                  payload: {at: 3}
                  check: {algorithm: crc24-q, from: 0, to: payload-end, at: payload-end}
                types: {message: 0}
                """;
        FrameFormat format = FrameFormat.parse(yaml, "rtcm3");
        byte[] stream = Framings.bytes("d300133ed7d30202980edeef34b4bd62ac0941986f33360b98");
        assertThat(Framings.decode(format, stream)).containsExactly("0 3ed7d30202980edeef34b4bd62ac0941986f33");
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }

    /** RFC 1055 has nothing but the packet between its marks. */
    @Test
    void aFormatNeedsNoHeader() {
        FrameFormat slip = FrameFormat.parse("""
                name: slip
                frame:
                  payload: {at: 0, max: 1006}
                  escape: slip
                types: {packet: 0}
                """, "slip");
        byte[] stream = Framings.bytes("C0 45 DB DC 00 DB DD C0 C0 C0 60 C0");
        assertThat(Framings.decode(slip, stream)).containsExactly("0 45c000db", "0 60");
        assertThat(Framings.writeAgain(slip, Framings.bytes("C0 45 DB DC C0")))
                .isEqualTo(Framings.bytes("C0 45 DB DC C0"));
        try (FrameEncoder encoder = new FrameEncoder(slip)) {
            ByteBuf out = Unpooled.buffer();
            assertThatThrownBy(() -> encoder.encode(out, 0, Unpooled.EMPTY_BUFFER))
                    .hasMessage("a payload of 0 bytes is too short for a frame of format slip; allowed 1 or more");
            encoder.begin(out, 0);
            assertThatThrownBy(encoder::end).isInstanceOf(FrameTooShortException.class);
            assertThat(out.readableBytes()).as("nothing was written").isZero();
        }
    }

    /** A length that is one less than what it counts, as block lengths often are: 0 is one byte, and nothing cannot be said. */
    @Test
    void aLengthMayCountFromOneOn() {
        FrameFormat format = FrameFormat.parse("""
                name: blocks
                frame:
                  length: {at: 0, size: 1, adjust: -1, max: 256}
                  payload: {at: 1}
                types: {block: 0}
                """, "blocks");
        assertThat(Framings.decode(format, Framings.bytes("00 AA 02 010203"))).containsExactly("0 aa", "0 010203");
        assertThat(Framings.writeAgain(format, Framings.bytes("00 AA 02 010203")))
                .isEqualTo(Framings.bytes("00 AA 02 010203"));
        byte[] longest = Framings.bytes("FF" + "11".repeat(256));
        assertThat(Framings.decode(format, longest)).containsExactly("0 " + "11".repeat(256));
    }

    /** IEEE 1815: a link header with a CRC of its own, and a block of user data with another. */
    @Test
    void aHeaderMayHaveACheckOfItsOwn() {
        FrameFormat dnp3 = FrameFormat.parse("""
                name: dnp3
                frame:
                  sync: {bytes: "05 64"}
                  header:
                    - {name: control, at: 3, size: 1}
                    - {name: destination, at: 4, size: 2, endian: little}
                    - {name: source, at: 6, size: 2, endian: little}
                  length: {at: 2, size: 1, counts: payload, adjust: 5, max: 16}
                  payload: {at: 10}
                  headerCheck: {algorithm: crc16-dnp, from: 0, to: 8, at: 8, endian: little}
                  check: {algorithm: crc16-dnp, from: payload-start, to: payload-end, at: payload-end, endian: little}
                types: {data: 0}
                """, "dnp3");
        byte[] file = Framings.read("dnp3");
        byte[] frame = java.util.Arrays.copyOfRange(file, 10, 34); // the only one with a single block
        assertThat(Framings.decode(dnp3, frame)).containsExactly("0 0102030405060708090a0b0c");
        assertThat(Framings.writeAgain(dnp3, frame)).isEqualTo(frame);
        frame[2] = 0x0F;
        byte[] header = java.util.Arrays.copyOf(frame, 10);
        assertThat(Framings.decode(dnp3, header))
                .as("a wrong length is not waited for")
                .containsExactly("bad CHECK at 0");
    }

    /** u-blox M8 protocol specification, 32.4: Fletcher's sums modulo 256, the first in front. */
    private static final String UBX = """
            name: ubx
            frame:
              sync: {bytes: "B5 62"}
              header: [{name: type, at: 2, size: 2}]
              length: {at: 4, size: 2, endian: little, counts: payload, max: 2048}
              payload: {at: 6}
              check: {algorithm: fletcher, modulus: 256, from: 2, to: payload-end, at: payload-end, endian: little}
            types: {mon-ver: 0x0A04, ack-ack: 0x0501, nav-pvt: 0x0107}
            """;

    @Test
    void theSumsOfUbxAreThoseOfItsSpecification() {
        byte[] poll = Framings.bytes("b5620a0400000e34 b5620501020006000e37");
        FrameFormat format = FrameFormat.parse(UBX, "ubx");
        assertThat(Framings.decode(format, poll)).containsExactly("2564 ", "1281 0600");
        assertThat(Framings.writeAgain(format, poll)).isEqualTo(poll);
        byte[] stream = Framings.read("ubx");
        assertThat(Framings.decode(format, stream)).hasSize(4).noneMatch(event -> event.startsWith("bad"));
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }

    /** IEC 62056-46, frame format type 3: a flag, 1010, a segmentation bit, a length of 11 bits; nothing is escaped. */
    static final String DLMS = """
            name: dlms-hdlc
            frame:
              sync: {bytes: "7E A0", mask: "FF F0"}
              header: [{name: type, at: 1, size: 1, shift: 3, bits: 1}]
              length: {at: 1, size: 2, bits: 11, counts: after-length, adjust: 1, max: 2040}
              payload: {at: 3}
              check: {algorithm: crc16-x25, from: 1, to: payload-end, at: payload-end, endian: little}
              trailer: "7E"
            types: {whole: 0, segment: 1}
            """;

    /** The SNRM with which every client of a meter begins. */
    @Test
    void aLengthOfElevenBitsLiesBesideTheFormatOfDlms() {
        byte[] stream = Framings.bytes("7EA0070321930F017E");
        FrameFormat format = FrameFormat.parse(DLMS, "dlms");
        assertThat(Framings.decode(format, stream)).containsExactly("0 032193");
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }
}
