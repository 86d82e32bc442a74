package dev.tunbridge.reassembly.recording;

import static dev.tunbridge.reassembly.recording.RecordedFile.RAW;
import static dev.tunbridge.reassembly.recording.RecordedFile.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be read is named: file, frame as Wireshark counts it, byte, value, and what is allowed. */
class RefusalsTest {
    @TempDir
    Path folder;

    private static RecordedFile two() {
        return RecordedFile.pcapng(true).section().describe(RAW, 0).enhanced(0, 1, ip(1, 8), 36);
    }

    private static RecordedFile pcap() {
        return RecordedFile.pcap(false, PcapReader.MAGIC_MICROSECONDS, RAW).record(1, 0, ip(1, 8), 36);
    }

    static Stream<Arguments> refusals() {
        int second = two().size();
        RecordedFile sample = two();
        return Stream.of(
                Arguments.of(
                        pcap().record(2, 0, new byte[1], 1).set32(24 + 52 + 8, 262_145),
                        "frame 2, byte 76: captured length is 262145; allowed: up to 262144"),
                Arguments.of(
                        two().enhanced(3, 1, ip(2, 8), 36),
                        "frame 2, byte " + second
                                + ": interface is 3; allowed: below 1, as many as the section has described"),
                Arguments.of(
                        RecordedFile.pcapng(true).section().simple(ip(2, 8), 36),
                        "frame 1, byte 28: interface is 0; allowed: none, because the section describes none"),
                Arguments.of(
                        two().enhanced(0, 1, ip(2, 8), 36).set32(second + 20, 41),
                        "frame 2, byte " + second + ": captured length is 41; allowed: up to 36, which its block has"),
                Arguments.of(
                        two().enhanced(0, 1, ip(2, 8), 36).set32(second + 4, 30),
                        "behind frame 1, byte " + (second + 4)
                                + ": length of a block is 30; allowed: 12 or more, by fours"),
                Arguments.of(
                        two().block(99, sample.options()).set32(second + 8, 16),
                        "behind frame 1, byte " + (second + 8)
                                + ": length at the end of a block is 16; allowed: 12, as at its beginning"),
                Arguments.of(
                        two().block(
                                        PcapngBlock.ENHANCED_PACKET,
                                        sample.options().u32(0)),
                        "frame 2, byte " + (second + 4)
                                + ": length of a block of type 'packet' is 16; allowed: 32 or more"),
                Arguments.of(
                        two().describe(RAW, 0, sample.options().option(9, new byte[] {20})),
                        "behind frame 1, byte " + (second + 20)
                                + ": if_tsresol is 20; allowed: 10^-0 to 10^-19 (0 to 19), 2^-0 to 2^-63 (128 to 191)"),
                Arguments.of(
                        two().describe(RAW, 0, sample.options().option(9, new byte[2])),
                        "behind frame 1, byte " + (second + 18) + ": length of if_tsresol is 2; allowed: 1"),
                Arguments.of(
                        two().describe(RAW, 0, sample.options().u16(7).u16(9).u32(0)),
                        "behind frame 1, byte " + (second + 18)
                                + ": length of option 7 is 9; allowed: up to 4, which its block has"),
                Arguments.of(
                        two().section().set32(second + 8, 0x1234),
                        "behind frame 1, byte " + (second + 8)
                                + ": byte order of a section is 0x34120000; allowed: 0x1a2b3c4d and 0x4d3c2b1a"),
                Arguments.of(
                        two().section().set8(second + 12, 2),
                        "behind frame 1, byte " + (second + 12)
                                + ": version of a section is 2.0; allowed: 1.0 and 1.2"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void namesThePlaceTheValueAndWhatIsAllowed(RecordedFile file, String said) throws Exception {
        Path path = file.write(folder.resolve("capture"));
        assertThat(Reading.of(path).damage()).startsWith(path + ", " + said);
        assertThat(Reading.of(path).packets().size()).isLessThanOrEqualTo(1);
    }

    @Test
    void anotherVersionOfPcapIsRefusedWhenItIsOpened() throws Exception {
        Path path = pcap().set32(4, 0x0001_0004).write(folder.resolve("capture"));
        assertThatThrownBy(() -> CaptureFile.open(path)).hasMessageContaining("version of the format is 1; allowed: 2");
    }

    /** Cut at each byte: what is whole is read, and the rest is named unless the cut is between two blocks. */
    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(booleans = {true, false})
    void whereverAFileIsCutWhatIsWholeIsRead(boolean isPcapng) throws Exception {
        RecordedFile file = isPcapng
                ? two().enhanced(0, 2, ip(2, 9), 37).block(77, two().options().u32(1))
                : pcap().record(2, 0, ip(2, 9), 37);
        int header = isPcapng ? 48 : 24;
        int first = isPcapng ? two().size() : pcap().size();
        for (int cut = header; cut < file.size(); cut++) {
            Path path = file.cutTo(cut, folder.resolve("capture"));
            Reading reading = Reading.of(path);
            boolean isBetween = cut == header || cut == first || (isPcapng && cut == file.size() - 16);
            if (isBetween) {
                assertThat(reading.damage()).as("cut at %d", cut).isEmpty();
            } else {
                assertThat(reading.damage()).as("cut at %d", cut).contains("the file is cut within it, at byte " + cut);
            }
            assertThat(reading.packets().size())
                    .as("cut at %d", cut)
                    .isGreaterThanOrEqualTo(cut < first ? 0 : 1)
                    .isLessThanOrEqualTo(2);
        }
    }
}
