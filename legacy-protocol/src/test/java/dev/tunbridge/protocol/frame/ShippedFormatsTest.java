package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of the formats that ship. */
class ShippedFormatsTest {
    private static final Path PAGE = Path.of("..", "docs", "formats.md");

    /** Frames that programs of others have written are read by the description that ships, and written again as they were. */
    @ParameterizedTest
    @CsvSource({
        "dnp3, dnp3-link",
        "dnp3, dnp3",
        "ft12, mbus",
        "iec104, iec104",
        "kiss, kiss",
        "modbus-tcp, modbus",
        "modbus-tcp, modbus-scapy",
        "nmea, nmea",
        "qemu, qemu",
        "rtcm3, rtcm3",
        "sml, sml",
        "ubx, ubx",
        "vtun, vtun-c",
        "vtun, vtun-s",
        "xbee, xbee1",
    })
    void recordingsOfOthersAreReadAndWrittenAsTheyWere(String name, String recording) {
        FrameFormat format = FrameFormat.builtin(name);
        byte[] stream = Framings.read(recording);
        assertThat(Framings.decode(format, stream)).isNotEmpty().allMatch(event -> event.matches("[0-9]+ [0-9a-f]*"));
        assertThat(Framings.writeAgain(format, stream)).isEqualTo(stream);
    }

    private static boolean hasCertainBoundaries(FrameFormat format) {
        try (FrameProbe probe = new FrameProbe(format)) {
            return probe.hasCertainBoundaries();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void thePageSaysWhatRecoveryCanDoWithEach(String name) throws IOException {
        FrameFormat format = FrameFormat.builtin(name);
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `" + name + "` |"))
                .toList();
        String behindABadFrame = format.escape().isDelimited()
                ? "delimiter"
                : format.canResynchronise()
                        ? "searched"
                        : format.resync().maxScanBytes() == 0
                                ? "closed (by `maxScan: 0`)"
                                : "closed (%.1f)".formatted(FormatEvidence.bits(format));
        String pastAHole = hasCertainBoundaries(format)
                ? "mark"
                : format.canResynchronise() && !format.wantsContentEvidence() ? "frame" : "chain";
        assertThat(rows)
                .singleElement()
                .asString()
                .contains("| " + behindABadFrame + " |")
                .contains("| " + pastAHole + " |");
    }
}
