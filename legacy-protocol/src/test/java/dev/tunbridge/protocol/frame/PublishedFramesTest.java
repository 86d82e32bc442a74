package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
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

    /**
     * Frames that opendnp3 (Automatak) states in the tests of its link layer, and so other implementations too: no user data, one block,
     * and five.
     */
    private static final List<String> DNP3 = List.of(
            "05 64 05 C0 01 00 00 04 E9 21",
            "05 64 14 F3 01 00 00 04 0A 3B C0 C3 01 3C 02 06 3C 03 06 3C 04 06 3C 01 06 9A 12",
            "05 64 53 73 00 04 01 00 03 FC C1 E3 81 96 00 02 01 28 01 00 00 00 01 02 01 28 05 24"
                    + " 01 00 01 00 01 02 01 28 01 00 02 00 01 02 01 28 B4 77"
                    + " 01 00 03 00 01 20 02 28 01 00 00 00 01 00 00 20 A5 25"
                    + " 02 28 01 00 01 00 01 00 00 01 01 01 00 00 03 00 2F AC"
                    + " 00 1E 02 01 00 00 01 00 01 00 00 01 00 00 16 ED");

    @Test
    void eachBlockOfDnp3HasItsCheck() {
        FrameFormat dnp3 = FrameFormat.builtin("dnp3");
        assertThat(Framings.decode(dnp3, Framings.bytes(DNP3.get(1))))
                .containsExactly("3 c0c3013c02063c03063c04063c0106");
        assertThat(Framings.decode(dnp3, Framings.bytes(DNP3.get(2))))
                .singleElement(InstanceOfAssertFactories.STRING)
                .hasSize("3 ".length() + 2 * (0x53 - 5))
                .startsWith("3 c1e38196000201280100000001020128" + "0100010001020128")
                .endsWith("030000" + "1e02010000010001000001" + "0000");
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<String> frames = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                frames.add(DNP3.get(random.nextInt(DNP3.size())));
            }
            byte[] stream = Framings.bytes(String.join("", frames));
            List<String> expected = Framings.decode(dnp3, stream);
            assertThat(expected).as("seed %d", seed).hasSize(5).allMatch(event -> event.matches("[03] .*"));
            assertThat(Framings.writeAgain(dnp3, stream)).as("seed %d", seed).isEqualTo(stream);
            int at = random.nextInt(stream.length);
            stream[at] ^= (byte) (1 << random.nextInt(8));
            List<String> rest = Framings.decode(dnp3, stream).stream()
                    .filter(event -> event.matches("[03] .*"))
                    .toList();
            assertThat(rest).as("seed %d, byte %d", seed, at).hasSize(4).isSubsetOf(expected);
        }
        byte[] recorded = Framings.read("dnp3");
        assertThat(Framings.decode(dnp3, recorded)).hasSize(4).noneMatch(event -> event.startsWith("bad"));
        assertThat(Framings.writeAgain(dnp3, recorded)).isEqualTo(recorded);
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

    /** The example of NMEA 0183 that every manual has. */
    @Test
    void aLineOfNmeaHasItsCheckInDigits() {
        FrameFormat nmea = FrameFormat.builtin("nmea");
        byte[] line = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
                .getBytes(StandardCharsets.US_ASCII);
        List<String> events = Framings.decode(nmea, line);
        assertThat(events).hasSize(1).allMatch(event -> event.startsWith("36 4750474741"));
        try (FrameEncoder encoder = new FrameEncoder(nmea)) {
            ByteBuf out = Unpooled.buffer();
            encoder.encode(out, '$', Unpooled.wrappedBuffer(line, 1, line.length - 6));
            assertThat(ByteBufUtil.getBytes(out)).isEqualTo(line);
            out.clear();
            assertThatThrownBy(() -> encoder.encode(out, '$', Unpooled.wrappedBuffer(new byte[] {'A', '\n'})))
                    .isInstanceOf(UnsayableFrameException.class)
                    .hasMessage("byte 2 of a frame of format nmea would be 0A, which ends one; allowed: any other");
            assertThat(out.isReadable()).as("nothing was written").isFalse();
            encoder.encode(out, '$', Unpooled.wrappedBuffer(new byte[] {'A'}));
            assertThat(out.toString(StandardCharsets.US_ASCII)).isEqualTo("$A*41\r\n");
        }
    }

    /** D. DePriest, "NMEA data" (gpsinformation.org), and E. S. Raymond, "AIVDM/AIVDO protocol decoding" (gpsd.io). */
    private static final List<String> SENTENCES = List.of(
            "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n",
            "$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*39\r\n",
            "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n",
            "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n");

    @Test
    void sentencesOfNmeaAreReadAndWrittenAsPublishedAndDamageCostsOneAtMost() {
        FrameFormat nmea = FrameFormat.builtin("nmea");
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<String> expected = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 6; i++) {
                String sentence = SENTENCES.get(random.nextInt(SENTENCES.size()));
                text.append(sentence);
                expected.add((int) sentence.charAt(0) + " "
                        + ByteBufUtil.hexDump(
                                sentence.substring(1, sentence.length() - 5).getBytes(StandardCharsets.US_ASCII)));
            }
            byte[] stream = text.toString().getBytes(StandardCharsets.US_ASCII);
            assertThat(Framings.decode(nmea, stream)).as("seed %d", seed).isEqualTo(expected);
            assertThat(Framings.writeAgain(nmea, stream)).as("seed %d", seed).isEqualTo(stream);
            int third = SENTENCES.stream().mapToInt(String::length).min().orElseThrow();
            stream[third + random.nextInt(third)] ^= (byte) (1 << random.nextInt(7));
            List<String> frames = Framings.decode(nmea, stream).stream()
                    .filter(event -> event.matches("(33|36) .*"))
                    .toList();
            assertThat(frames)
                    .as("seed %d", seed)
                    .hasSizeGreaterThanOrEqualTo(4)
                    .isSubsetOf(expected);
        }
    }

    @Test
    void theEndOfABadLineIsCertain() {
        FrameFormat nmea = FrameFormat.builtin("nmea");
        byte[] lines = "$A*42\r\n$A*41\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(Framings.decode(nmea, lines)).containsExactly("bad CHECK at 0", "skipped 0..7", "36 41");
    }

    /** IEC 60870-5-1, format class FT1.2, a frame of variable length: its length stands twice. */
    @Test
    void theLengthThatFt12RepeatsIsComparedAndWritten() {
        FrameFormat format = FrameFormat.parse("""
                name: ft12-variable
                frame:
                  sync: {bytes: "68"}
                  header: [{name: start, at: 3, size: 1, value: 0x68}]
                  length: {at: 1, size: 1, repeatedAt: 2, counts: payload, max: 253}
                  payload: {at: 4}
                  check: {algorithm: sum, from: payload-start, to: payload-end, at: payload-end}
                  trailer: "16"
                types: {frame: 0}
                """, "ft12");
        byte[] frame = Framings.bytes("68 03 03 68 53 FE 50 A1 16");
        assertThat(Framings.decode(format, frame)).containsExactly("0 53fe50");
        assertThat(Framings.writeAgain(format, frame)).isEqualTo(frame);
        frame[2] = 4;
        assertThat(Framings.decode(format, frame)).first().isEqualTo("bad LENGTH at 0");
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
