package dev.tunbridge.reassembly.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.Seen;
import dev.tunbridge.reassembly.capture.SegmentSource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureFileTest {
    private static final String IPV4 = "4500001c00010000401100000102030405060708" + "0035003500080000";
    private static final String IPV6 = "600000000008114020010002000000000000000000000001"
            + "20010002000000000000000000000002" + "0035003500080000";
    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;

    @TempDir
    Path folder;

    /** Each link type of libpcap by its number, in the file's numbering, and a frame's header without the IP packet. */
    @ParameterizedTest
    @CsvSource({
        "1, 0200000000010200000000020800, 4",
        "1, 02000000000102000000000286dd, 6",
        "1, 020000000001020000000002810000050800, 4",
        "1, 02000000000102000000000288a80005810000060800, 4",
        "1, 020000000001020000000002910000058100000686dd, 6",
        "113, 00000001000602000000000100000800, 4",
        "113, 000400010006020000000001000086dd, 6",
        "113, 0000000100060200000000010000810000050800, 4",
        "276, 0800000000000007000100060200000000010000, 4",
        "276, 86dd000000000007000104060200000000010000, 6",
        "101, '', 4",
        "101, '', 6",
        "228, '', 4",
        "229, '', 6",
        "0, 02000000, 4",
        "0, 00000002, 4",
        "0, 0a000000, 6",
        "0, 1e000000, 6",
        "0, 0000001c, 6",
        "9, ff030021, 4",
        "9, ff0357, 6",
        "9, 0021, 4",
        "9, 21, 4",
        "50, ff030057, 6",
        "50, 0f000800, 4",
        "50, ff030281000011ff, 4",
        "51, 11000001001e0021, 4",
        "104, 8f0086dd, 6",
        "1, 020000000001020000000002886411000001001e0021, 4",
        "1, 0200000000010200000000028100000588641100000100320057, 6",
        "1, 02000000000102000000000288470000104000002140, 4",
        "1, 020000000001020000000002884700001140, 6",
        "113, 000000010006020000000001000088470000114f, 4",
        "108, 00000002, 4",
        "108, 00000018, 6"
    })
    void findsThePacketBehindEachLinkHeader(int linkType, String header, String version) throws Exception {
        String packet = version.equals("6") ? IPV6 : IPV4;
        Path file = pcap(linkType, MICROSECONDS, header + packet);
        List<Seen> seen = read(file);
        if (version.equals("none")) {
            assertThat(seen).isEmpty();
            return;
        }
        assertThat(seen).hasSize(1);
        assertThat(ByteBufUtil.hexDump(seen.get(0).bytes())).isEqualTo(packet);
        assertThat(seen.get(0).outgoing()).isFalse();
    }

    @Test
    void countsAndPassesOverWhatIsNotIp() throws Exception {
        String arp = "ffffffffffff0200000000020806" + "0001080006040001";
        String llc = "020000000001020000000002" + "0026" + "42420300000000";
        String short0 = "0200000000010200000000020800";
        String cutTag = "0200000000010200000000028100" + "0005";
        String notIp = "0200000000010200000000020800" + "ff00";
        Path file = pcap(1, MICROSECONDS, arp, llc, short0, "02", cutTag, notIp, "0200000000010200000000020800" + IPV4);
        try (CaptureFile source = CaptureFile.open(file)) {
            List<Seen> seen = new ArrayList<>();
            assertThat(source.drain(segment -> seen.add(Seen.copyOf(segment)), 10))
                    .isEqualTo(1);
            assertThat(source.drain(segment -> seen.add(Seen.copyOf(segment)), 10))
                    .isEqualTo(SegmentSource.END);
            assertThat(seen).hasSize(1);
            assertThat(source.tally().notIp()).isEqualTo(6);
        }
    }

    @Test
    void keepsNanosecondsAndTheLengthOfCutPackets() throws Exception {
        ByteBuf bytes = header(101, NANOSECONDS);
        bytes.writeInt(1_700_000_000).writeInt(123_456_789).writeInt(20).writeInt(1_500);
        bytes.writeBytes(ByteBufUtil.decodeHexDump(IPV4.substring(0, 40)));
        Path file = write(bytes);
        Seen seen = read(file).get(0);
        assertThat(seen.timeNanos()).isEqualTo(1_700_000_000_123_456_789L);
        assertThat(seen.bytes()).hasSize(20);
        assertThat(seen.wireLength()).isEqualTo(1_500);
        try (CaptureFile source = CaptureFile.open(file)) {
            assertThat(source.drain(segment -> assertThat(segment.isTruncated()).isTrue(), 1))
                    .isEqualTo(1);
            assertThat(source.counters()).isEqualTo(new CaptureCounters(1, 0, 1));
        }
    }

    @Test
    void refusesWhatIsMissingOrNoCapture() throws Exception {
        assertThatThrownBy(() -> CaptureFile.open(folder.resolve("none.pcap")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("none.pcap");
        Path text = Files.writeString(folder.resolve("text.pcap"), "not a capture at all, only words");
        assertThatThrownBy(() -> CaptureFile.open(text))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("text.pcap")
                .hasMessageContaining("unknown file format");
        assertThatThrownBy(() -> CaptureFile.open(folder)).hasMessageContaining(folder.toString());
    }

    @Test
    void refusesALinkTypeThatItDoesNotKnowByName() throws Exception {
        assertThatThrownBy(() -> CaptureFile.open(pcap(105, MICROSECONDS, "00")))
                .hasMessageContaining("link type 105 is not supported")
                .hasMessageContaining("Ethernet, Linux cooked");
    }

    @Test
    void handsOverWhatIsWholeBeforeItReportsACutFile() throws Exception {
        ByteBuf bytes = header(101, MICROSECONDS);
        record(bytes, IPV4);
        record(bytes, IPV4);
        Path file = write(bytes.slice(0, bytes.readableBytes() - 5));
        try (CaptureFile source = CaptureFile.open(file)) {
            List<Seen> seen = new ArrayList<>();
            assertThatThrownBy(() -> source.drain(segment -> seen.add(Seen.copyOf(segment)), 10))
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("frame 2")
                    .hasMessageContaining("the file is cut within it, at byte 107");
            assertThat(seen).hasSize(1);
            assertThat(source.drain(segment -> seen.clear(), 10)).isEqualTo(SegmentSource.END);
        }
    }

    @Test
    void filesAndTheRingDoWithoutLibpcapAndTheRestNamesThePackage() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.pcap4j.core.pcapLibName=no-such-library",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WithoutLibpcap.class.getName(),
                        pcap(101, MICROSECONDS, IPV4).toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("file: open")
                .contains("live again: libpcap is not installed here (on Debian the package libpcap0.8)")
                .contains("live: libpcap is not installed here (on Debian the package libpcap0.8)")
                .containsAnyOf("ring: open", "ring: EPERM");
    }

    private List<Seen> read(Path file) throws IOException {
        List<Seen> seen = new ArrayList<>();
        try (CaptureFile source = CaptureFile.open(file)) {
            while (source.drain(segment -> seen.add(Seen.copyOf(segment)), 1) != SegmentSource.END) {
                // Until the end.
            }
        }
        return seen;
    }

    private Path pcap(int linkType, int magic, String... frames) throws IOException {
        ByteBuf bytes = header(linkType, magic);
        for (String frame : frames) {
            record(bytes, frame);
        }
        return write(bytes);
    }

    private static ByteBuf header(int linkType, int magic) {
        return Unpooled.buffer()
                .writeInt(magic)
                .writeShort(2)
                .writeShort(4)
                .writeLong(0)
                .writeInt(65_535)
                .writeInt(linkType);
    }

    private static void record(ByteBuf bytes, String frame) {
        byte[] data = ByteBufUtil.decodeHexDump(frame);
        bytes.writeInt(1_700_000_000).writeInt(1).writeInt(data.length).writeInt(data.length);
        bytes.writeBytes(data);
    }

    private Path write(ByteBuf bytes) throws IOException {
        return Files.write(folder.resolve("capture.pcap"), ByteBufUtil.getBytes(bytes));
    }
}
