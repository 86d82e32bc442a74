package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Complement;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Xor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChecksumTest {
    /** The check column of the CRC RevEng catalogue: the CRC of these nine characters. */
    private static final ByteBuf CHECK_INPUT =
            Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("123456789", StandardCharsets.US_ASCII));

    @ParameterizedTest
    @CsvSource({
        "crc8, F4",
        "crc8-autosar, DF",
        "crc8-maxim, A1",
        "crc8-sae-j1850, 4B",
        "crc16-arc, BB3D",
        "crc16-ccitt-false, 29B1",
        "crc16-dnp, EA82",
        "crc16-kermit, 2189",
        "crc16-mcrf4xx, 6F91",
        "crc16-modbus, 4B37",
        "crc16-usb, B4C8",
        "crc16-x25, 906E",
        "crc16-xmodem, 31C3",
        "crc24-ble, C25A56",
        "crc24-openpgp, 21CF02",
        "crc24-q, CDE703",
        "crc32, CBF43926",
        "crc32-bzip2, FC891918",
        "crc32-mpeg2, 0376E6E7",
        "crc32c, E3069283"
    })
    void agreesWithTheCatalogue(String name, String check) {
        Crc crc = CrcCatalogue.find(name).orElseThrow();
        assertThat(crc.newChecksum().compute(CHECK_INPUT, 0, 9)).isEqualTo(Long.parseLong(check, 16));
        assertThat(new SlicedCrc(crc).compute(CHECK_INPUT, 0, 9))
                .as("without the JDK's own")
                .isEqualTo(Long.parseLong(check, 16));
    }

    @Test
    void intrinsicsReadBuffersOfSeveralParts() {
        ByteBuf parts = Unpooled.wrappedBuffer(CHECK_INPUT.slice(0, 4), CHECK_INPUT.slice(4, 5));
        assertThat(CrcCatalogue.CRC_32.newChecksum().compute(parts, 0, 9)).isEqualTo(0xCBF43926L);
    }

    @Test
    void everyNameIsTestedAgainstTheCatalogue() throws NoSuchMethodException {
        CsvSource source = ChecksumTest.class
                .getDeclaredMethod("agreesWithTheCatalogue", String.class, String.class)
                .getAnnotation(CsvSource.class);
        assertThat(Arrays.stream(source.value()).map(line -> line.substring(0, line.indexOf(','))))
                .containsExactlyInAnyOrder(CrcCatalogue.all().keySet().toArray(String[]::new));
    }

    /** What the catalogue of CRC RevEng calls them is understood too. */
    @ParameterizedTest
    @CsvSource({
        "crc32-iscsi,crc32c",
        "crc16-ibm-sdlc,crc16-x25",
        "crc32-iso-hdlc,crc32",
        "crc16-ibm-3740,crc16-ccitt-false"
    })
    void otherNamesAreUnderstood(String other, String name) {
        assertThat(CrcCatalogue.find(other)).isPresent().isEqualTo(CrcCatalogue.find(name));
    }

    @Test
    void anyParametersAgreeWithTheBitwiseModel() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            int width = 8 * (1 + random.nextInt(4));
            int mask = -1 >>> (32 - width);
            Crc crc = new Crc(
                    width,
                    (random.nextInt() & mask) | 1,
                    random.nextInt() & mask,
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextInt() & mask);
            byte[] bytes = new byte[random.nextInt(70)];
            random.nextBytes(bytes);
            ByteBuf buffer = round % 2 == 0
                    ? Unpooled.wrappedBuffer(bytes)
                    : Unpooled.directBuffer(70).writeBytes(bytes);
            int from = random.nextInt(bytes.length + 1);
            int length = random.nextInt(bytes.length - from + 1);
            assertThat(crc.newChecksum().compute(buffer, from, length))
                    .as("seed %d round %d %s over %d bytes", seed, round, crc, length)
                    .isEqualTo(ModelChecksum.compute(crc, bytes, from, length));
            buffer.release();
        }
    }

    /** Polynomials of four terms are folded, whatever the two in the middle. */
    @Test
    void foldingAgreesWithTheBitwiseModel() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 1_000; round++) {
            int width = 8 * (1 + random.nextInt(4));
            int mask = -1 >>> (32 - width);
            int low = 1 + random.nextInt(width - 2);
            int high = low + 1 + random.nextInt(width - 1 - low);
            Crc crc = new Crc(
                    width,
                    1 << high | 1 << low | 1,
                    random.nextInt() & mask,
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextInt() & mask);
            Checksum folded = crc.newChecksum();
            assertThat(folded).isInstanceOf(FoldedCrc.class);
            for (int length : new int[] {random.nextInt(2_000), random.nextInt(600), 16 * width, 16 * width - 1}) {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                ByteBuf buffer = Unpooled.directBuffer(length + 3).writeZero(3).writeBytes(bytes);
                assertThat(folded.compute(buffer, 3, length))
                        .as("seed %d round %d %s over %d bytes", seed, round, crc, length)
                        .isEqualTo(ModelChecksum.compute(crc, bytes, 0, length));
                buffer.release();
            }
        }
    }

    /** Wikipedia's examples of Fletcher-16, and the JDK's Adler-32. */
    @ParameterizedTest
    @CsvSource({"abcde, C8F0", "abcdef, 2057", "abcdefgh, 0627"})
    void fletcherAgreesWithTheExamples(String text, String expected) {
        ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        assertThat(new Fletcher(2, 255, 0).newChecksum().compute(bytes, 0, text.length()))
                .isEqualTo(Long.parseLong(expected, 16));
    }

    @Test
    void adlerAgreesWithTheJdk() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            if (round == 0) {
                bytes = new byte[3_000_000];
                Arrays.fill(bytes, (byte) 0xff);
            }
            java.util.zip.Adler32 jdk = new java.util.zip.Adler32();
            jdk.update(bytes);
            assertThat(Fletcher.ADLER_32.newChecksum().compute(Unpooled.wrappedBuffer(bytes), 0, bytes.length))
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(jdk.getValue());
        }
    }

    /** The sentence of NMEA 0183 in every manual, and the example of Modbus over serial line 1.02, section 6.1. */
    @Test
    void xorAndLrcAgreeWithTheExamplesOfTheirSpecifications() {
        byte[] nmea =
                "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,".getBytes(StandardCharsets.US_ASCII);
        assertThat(new Xor(0).newChecksum().compute(Unpooled.wrappedBuffer(nmea), 0, nmea.length))
                .isEqualTo(0x47);
        byte[] modbus = Framings.bytes("F7 03 13 89 00 0A");
        assertThat(new Sum(1, 0, Complement.TWOS).newChecksum().compute(Unpooled.wrappedBuffer(modbus), 0, 6))
                .isEqualTo(0x60);
    }

    @Test
    void xorAgreesWithTheModelAtEveryLength() {
        Random random = new Random(1);
        for (int length = 0; length < 100; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            assertThat(new Xor(length).newChecksum().compute(Unpooled.wrappedBuffer(bytes), 0, length))
                    .isEqualTo(ModelChecksum.compute(new Xor(length), bytes, 0, length));
        }
    }

    @Test
    void sumsAgreeWithAddingUp() {
        long seed = Seeds.next();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Sum sum = new Sum(
                    1 + random.nextInt(4), random.nextInt(1 << 16), Seeds.pick(random, List.of(Complement.values())));
            byte[] bytes = new byte[random.nextInt(5_000)];
            random.nextBytes(bytes);
            if (round == 0) {
                Arrays.fill(bytes, (byte) 0xff);
            }
            assertThat(sum.newChecksum().compute(Unpooled.wrappedBuffer(bytes), 0, bytes.length))
                    .as("seed %d round %d %s", seed, round, sum)
                    .isEqualTo(ModelChecksum.compute(sum, bytes, 0, bytes.length));
        }
    }
}
