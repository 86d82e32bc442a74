package dev.tunbridge.reassembly.recording;

import static dev.tunbridge.reassembly.recording.RecordedFile.COOKED;
import static dev.tunbridge.reassembly.recording.RecordedFile.ETHERNET;
import static dev.tunbridge.reassembly.recording.RecordedFile.RAW;
import static dev.tunbridge.reassembly.recording.RecordedFile.cooked;
import static dev.tunbridge.reassembly.recording.RecordedFile.ethernet;
import static dev.tunbridge.reassembly.recording.RecordedFile.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.reassembly.capture.Seen;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What files may hold, each kind by an example of its own. */
class FormatsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int OPTION_COMMENT = 1;
    private static final int CUSTOM_BLOCK = 0xbad;

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("capture");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsPcapOfEitherByteOrderAndUnit(boolean littleEndian) throws Exception {
        for (int magic : List.of(PcapReader.MAGIC_MICROSECONDS, PcapReader.MAGIC_NANOSECONDS)) {
            RecordedFile file =
                    RecordedFile.pcap(littleEndian, magic, RAW).record(1_700_000_000, 123_456, ip(1, 9), 99);
            Seen seen = Reading.of(file.write(file())).packets().get(0);
            assertThat(seen.bytes()).isEqualTo(ip(1, 9));
            assertThat(seen.wireLength()).isEqualTo(99);
            long unit = magic == PcapReader.MAGIC_MICROSECONDS ? 1_000 : 1;
            assertThat(seen.timeNanos()).isEqualTo(1_700_000_000 * SECOND + 123_456 * unit);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsTheLongerRecordsOfPatchedPcap(boolean littleEndian) throws Exception {
        RecordedFile file = RecordedFile.pcap(littleEndian, PcapReader.MAGIC_PATCHED, RAW)
                .patchedRecord(1, 2, ip(1, 9))
                .patchedRecord(3, 4, ip(2, 10));
        Reading reading = Reading.of(file.write(file()));
        assertThat(reading.damage()).isEmpty();
        assertThat(reading.times()).containsExactly(SECOND + 2_000, 3 * SECOND + 4_000);
        assertThat(reading.packets().get(1).bytes()).isEqualTo(ip(2, 10));
    }

    /** 2^31 is 19 January 2038, 2^32 - 1 is in February 2106. */
    @Test
    void secondsOfPcapGoOnBeyond2038() throws Exception {
        RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RAW)
                .record((1L << 31) - 1, 999_999, ip(1, 9), 37)
                .record(1L << 31, 0, ip(2, 9), 37)
                .record((1L << 32) - 1, 999_999, ip(3, 9), 37);
        assertThat(Reading.of(file.write(file())).times())
                .containsExactly(
                        ((1L << 31) - 1) * SECOND + 999_999_000L,
                        (1L << 31) * SECOND,
                        ((1L << 32) - 1) * SECOND + 999_999_000L);
    }

    @Test
    void stampsOfPcapngGoOnBeyond2038() throws Exception {
        long late = (1L << 31) * 1_000_000;
        RecordedFile file = RecordedFile.pcapng(true)
                .section()
                .describe(RAW, 0)
                .enhanced(0, late - 1, ip(1, 9), 37)
                .enhanced(0, late, ip(2, 9), 37);
        assertThat(Reading.of(file.write(file())).times()).containsExactly((late - 1) * 1_000, late * 1_000);
    }

    @Test
    void aMillionMicrosecondsAreCarriedOverAndCounted() throws Exception {
        RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RAW)
                .record(100, 999_999, ip(1, 9), 37)
                .record(100, 1_000_000, ip(2, 9), 37)
                .record(100, 0xffff_ffffL, ip(3, 9), 37);
        Reading reading = Reading.of(file.write(file()));
        assertThat(reading.damage()).isEmpty();
        assertThat(reading.times())
                .containsExactly(100 * SECOND + 999_999_000, 101 * SECOND, 100 * SECOND + 0xffff_ffffL * 1_000);
        assertThat(reading.tally().carriedStamps()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsFramesOfSeveralLinkTypesLengthsAndClocksInOneFile(boolean littleEndian) throws Exception {
        RecordedFile file = RecordedFile.pcapng(littleEndian);
        file.section()
                .describe(ETHERNET, 65_535)
                .describe(RAW, 64, file.options().option(9, new byte[] {9}))
                .block(CUSTOM_BLOCK, file.options().u32(32_473).bytes(new byte[500]))
                .enhanced(0, 1_000_000, ethernet(ip(1, 30)), 72)
                .enhanced(1, 2 * SECOND, ip(2, 4), 5_000)
                .obsolete(0, 3_000_000, ethernet(ip(3, 100)))
                .section()
                .describe(
                        COOKED,
                        0,
                        file.options()
                                .option(OPTION_COMMENT, new byte[] {'x'})
                                .option(9, new byte[] {(byte) 0x81})
                                .option64(14, 1_000)
                                .option(0, new byte[0]))
                .enhanced(0, 7, cooked(ip(4, 5)), 49)
                .simple(cooked(ip(5, 6)), 50);
        Reading reading = Reading.of(file.write(file()));
        assertThat(reading.damage()).isEmpty();
        assertThat(reading.packets())
                .extracting(Seen::bytes)
                .containsExactly(ip(1, 30), ip(2, 4), ip(3, 100), ip(4, 5), ip(5, 6));
        assertThat(reading.times())
                .as("halves of a second behind an offset, and none in a simple packet")
                .containsExactly(
                        SECOND, 2 * SECOND, 3 * SECOND, 1_003 * SECOND + SECOND / 2, 1_003 * SECOND + SECOND / 2);
        assertThat(reading.packets().get(1).wireLength()).isEqualTo(5_000);
        assertThat(reading.tally()).isEqualTo(new FileTally(5, 0, 0, 1, List.of()));
    }

    @Test
    void aSimplePacketIsAsLongAsItsInterfaceAllows() throws Exception {
        byte[] cut = java.util.Arrays.copyOf(ip(1, 500), 64);
        RecordedFile file =
                RecordedFile.pcapng(true).section().describe(RAW, 64).simple(cut, 528);
        Seen seen = Reading.of(file.write(file())).packets().get(0);
        assertThat(seen.bytes()).isEqualTo(cut);
        assertThat(seen.wireLength()).isEqualTo(528);
    }

    @ParameterizedTest
    @CsvSource({
        // if_tsresol, offset in seconds, stamp, nanoseconds since 1970
        "6, 0, 1700000000123456, 1700000000123456000",
        "9, 0, 1700000000123456789, 1700000000123456789",
        "0, 0, 1700000000, 1700000000000000000",
        "3, -1, 1700000000123, 1699999999123000000",
        "12, 0, 1700000000123456789, 1700000000123456",
        "19, 0, -1, 1844674407",
        "128, 0, 1700000000, 1700000000000000000",
        "138, 0, 1740800000512, 1700000000500000000",
        "160, 1, 4294967297, 2000000000",
        "191, 0, -1, 1999999999",
        "6, 0, -1, unknown",
        "9, 0, -9223372036854775808, unknown",
        "128, 0, 9223372036854775807, unknown",
        "6, 9223372036854775807, 1, unknown",
        "6, -9223372036854775808, 1, unknown",
        "9, 9000000000, 1000000000000000000, unknown",
        "6, -1700000000, 1000000, -1699999999000000000"
    })
    void stampsCountInTheUnitsOfTheirInterface(int resolution, long offset, long stamp, String nanos) {
        long told = new TimeScale(resolution, offset).toNanos(stamp);
        assertThat(told == TimeScale.UNKNOWN ? "unknown" : String.valueOf(told)).isEqualTo(nanos);
    }

    @Test
    void aStampThatCannotBeToldIsThatOfTheFrameInFrontAndCounted() throws Exception {
        RecordedFile file = RecordedFile.pcapng(true)
                .section()
                .describe(RAW, 0)
                .enhanced(0, 1_000_000, ip(1, 9), 37)
                .enhanced(0, -1, ip(2, 9), 37);
        Reading reading = Reading.of(file.write(file()));
        assertThat(reading.times()).containsExactly(SECOND, SECOND);
        assertThat(reading.tally().unstamped()).isEqualTo(1);
    }

    @Test
    void whatTheCaptureHasLostIsTheLastWordOfEachInterface() throws Exception {
        RecordedFile file = RecordedFile.pcapng(true);
        file.section().describe(RAW, 0).describe(RAW, 0);
        for (long[] lost : new long[][] {{0, 5}, {1, 1}, {0, 7}}) {
            file.block(
                    PcapngBlock.INTERFACE_STATISTICS,
                    file.options()
                            .u32((int) lost[0])
                            .u32(0)
                            .u32(0)
                            .option64(5, lost[1])
                            .option(0, new byte[0]));
        }
        file.section().describe(RAW, 0);
        assertThat(Reading.of(file.write(file())).dropped()).isEqualTo(8);
    }

    @Test
    void anUnknownLinkTypeIsPassedOverAndNamedWithWhatIsAllowed() throws Exception {
        RecordedFile file = RecordedFile.pcapng(true)
                .section()
                .describe(105, 0)
                .describe(RAW, 0)
                .enhanced(1, 1, ip(1, 9), 37)
                .enhanced(0, 2, new byte[30], 30)
                .enhanced(0, 3, new byte[30], 30);
        Reading reading = Reading.of(file.write(file()));
        assertThat(reading.packets()).hasSize(1);
        assertThat(reading.tally().notIp()).isEqualTo(2);
        FileTally.Unread unread = reading.tally().unread().get(0);
        assertThat(unread.what()).isEqualTo("link type 105");
        assertThat(unread.packets()).isEqualTo(2);
        assertThat(unread.first()).isEqualTo("frame 2");
        assertThat(unread.cure()).startsWith("allowed: Ethernet, Linux cooked");
    }

    /** Several members one behind the other, as {@code cat a.gz b.gz} makes them, and a window that moves on many times. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void gzipIsUnpackedAsItComes(int members) throws Exception {
        RecordedFile file = RecordedFile.pcapng(false).section().describe(RAW, 0);
        for (int i = 0; i < 300; i++) {
            file.enhanced(0, i, ip(i, 60_000), 60_028);
            file.block(CUSTOM_BLOCK, file.options().bytes(new byte[5_000 * (i % 7)]));
        }
        byte[] all = file.toBytes();
        java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
        int part = all.length / members;
        for (int i = 0; i < members; i++) {
            int end = i == members - 1 ? all.length : (i + 1) * part;
            packed.write(RecordedFile.gzip(java.util.Arrays.copyOfRange(all, i * part, end)));
        }
        Path plain = file.write(folder.resolve("plain"));
        Reading reading = Reading.of(Files.write(file(), packed.toByteArray()));
        assertThat(reading.damage()).isEmpty();
        assertThat(reading.packets()).hasSize(300);
        assertThat(reading.packets().get(299).bytes()).isEqualTo(ip(299, 60_000));
        assertThat(reading.times()).isEqualTo(Reading.of(plain).times());
    }

    @Test
    void aCutOrDamagedGzipStreamIsReadAsFarAsItGoes() throws Exception {
        RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RAW);
        java.util.Random random = new java.util.Random(7);
        for (int i = 0; i < 100; i++) {
            byte[] packet = ip(i, 1_000);
            random.nextBytes(packet); // or it would be packed into nothing
            packet[0] = 0x45;
            file.record(i, 0, packet, packet.length);
        }
        byte[] packed = RecordedFile.gzip(file.toBytes());
        Reading cut = Reading.of(Files.write(file(), java.util.Arrays.copyOf(packed, packed.length / 2)));
        assertThat(cut.packets()).hasSizeBetween(30, 60);
        assertThat(cut.damage())
                .contains(file().toString())
                .contains("frame " + (cut.packets().size() + 1))
                .contains("its gzip stream is cut")
                .contains("of what it unpacks to");
        packed[packed.length / 2] ^= 0x55;
        packed[packed.length - 5] ^= 0x55; // its checksum, should the bytes still unpack
        Reading damaged = Reading.of(Files.write(file(), packed));
        assertThat(damaged.damage()).contains(file().toString()).contains("its gzip stream is damaged");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "28b52ffd00000000 | packed by zstd; allowed: gzip, or not packed (zstd -d unpacks it)",
                "04224d1800000000 | packed by lz4",
                "fd377a585a000000 | packed by xz",
                "425a683931415926 | packed by bzip2",
                "736e6f6f70000000 | it is a snoop file; allowed: pcap and pcapng",
                "504b030400000000 | unknown file format, it begins with 0x504b0304; allowed: pcap and pcapng",
                "d4c3b2           | has 3 bytes; allowed: a pcap or pcapng file",
                "''               | is empty; allowed: a pcap or pcapng file",
                "1f8b             | its gzip header is cut or damaged",
                "1f8b0900000000000000000000 | its gzip header is cut or damaged"
            })
    void anotherFileIsNamedWithTheCure(String hex, String said) throws Exception {
        Path file = Files.write(file(), io.netty.buffer.ByteBufUtil.decodeHexDump(hex));
        assertThatThrownBy(() -> CaptureFile.open(file))
                .hasMessageContaining(file.toString())
                .hasMessageContaining(said);
    }

    /** A capture that grew shorter under the reader, as a rotated one does. */
    @Test
    void aFileThatIsCutWhileItIsReadEndsTheReadingAndNothingElse() throws Exception {
        RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RAW);
        for (int i = 0; i < 5_000; i++) {
            file.record(i, 0, ip(i, 1_000), 1_028);
        }
        Path path = file.write(file());
        try (CaptureFile source = CaptureFile.open(path)) {
            assertThat(source.drain(segment -> {}, 10)).isEqualTo(10);
            try (var channel = java.nio.channels.FileChannel.open(path, java.nio.file.StandardOpenOption.WRITE)) {
                channel.truncate(100_000);
            }
            assertThatThrownBy(() -> {
                        while (source.drain(segment -> {}, 100) >= 0) {
                            // Until the end.
                        }
                    })
                    .isInstanceOf(java.io.IOException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("became shorter while it was read");
        }
    }
}
