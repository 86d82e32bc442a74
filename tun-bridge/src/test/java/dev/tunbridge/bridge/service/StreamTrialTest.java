package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import io.netty.buffer.ByteBufUtil;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** How far a description gets with bytes, as {@code tunbridge check} tells it. */
class StreamTrialTest {
    private static final int FRAMES = 200;
    private static final int SEGMENT_BYTES = 1_400;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("tunbridge.seed", new Random().nextLong());
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int check(String... arguments) {
        CommandLine line = Main.commandLine(new CheckCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    /** All but one that ends with a zero and whose application messages hold any byte. */
    static List<String> shipped() {
        return Protocol.builtinNames().stream()
                .filter(name -> !name.equals("stomp"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void findsThatBothDirectionsOfARecordingFit(String name) throws Exception {
        try (RecordedTraffic traffic =
                new RecordedTraffic(Protocol.builtin(name), seed).login().traffic(FRAMES)) {
            Path file = traffic.writeTo(folder.resolve("recorded"), SEGMENT_BYTES, RecordedTraffic.NONE);
            assertThat(check("--format", name, "--capture", file.toString()))
                    .as(err + ", seed " + seed)
                    .isZero();
            assertThat(out.toString())
                    .containsSubsequence(
                            "From the server 198.18.0.2:7000",
                            "all of it fits",
                            "From the client 198.18.0.1:40000",
                            "all of it fits");
            long framed = traffic.fromServer.written.stream()
                    .filter(RecordedTraffic.Written::isFramed)
                    .count();
            assertThat(out.toString()).contains(": " + framed + " frames");
        }
    }

    @Test
    void namesTheByteTheRuleAndTheCountBehindDamage() throws Exception {
        Protocol protocol = Protocol.builtin("reference");
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            RecordedTraffic.Written damaged = traffic.fromServer.written.get(20);
            int length = (int) damaged.firstByte() + 4;
            traffic.fromServer.bytes.setShort(length, 0x0801 + 7);
            Path file = traffic.writeTo(folder.resolve("recorded"), SEGMENT_BYTES, RecordedTraffic.NONE);
            assertThat(check("--format", "reference", "--capture", file.toString()))
                    .as("seed " + seed)
                    .isEqualTo(ExitCode.FAILED);
            assertThat(out.toString())
                    .contains(
                            "at stream offset " + length + ", in what begins at " + damaged.firstByte(),
                            "rule: length: is 2056; allowed 0 to 2048",
                            "[08]",
                            ": " + (traffic.fromServer.written.size() - 1) + " frames");
        }
    }

    @Test
    void goesOnBehindBytesThatTheRecordingLacks() throws Exception {
        Protocol protocol = Protocol.builtin("hdlc");
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            long hole = traffic.fromServer.bytes.writerIndex() / 2;
            Path file = traffic.writeTo(
                    folder.resolve("recorded"),
                    SEGMENT_BYTES,
                    (isFromServer, first, behind) -> isFromServer && first <= hole && hole < behind);
            assertThat(check("--format", "hdlc", "--capture", file.toString()))
                    .as(out + ", seed " + seed)
                    .isZero();
            assertThat(out.toString()).contains("the recording lacks ");
        }
    }

    @Test
    void triesTheBytesOfOneDirectionAsEitherEndSaysThem() {
        Protocol protocol = Protocol.builtin("vtun");
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(5)) {
            String hex = ByteBufUtil.hexDump(traffic.fromClient.bytes);
            assertThat(check("--format", "vtun", "--bytes", hex))
                    .as(out.toString())
                    .isZero();
            assertThat(out.toString()).contains("in front of them host, answer", "all of it fits");
        }
    }

    @Test
    void namesWhatIsWrongInAFewBytes() {
        assertThat(check("--format", "reference", "--bytes", "A5 5A 03 00 00 00 12 34"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(out.toString())
                .contains("rule: check: the check of the frame is 0x1234; allowed 0x", "over bytes 2 to 5", "[12]");
        assertThat(check("--format", "reference", "--bytes", "A5 5")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--bytes: 'A5 5' is not valid; allowed: pairs of hexadecimal digits");
    }

    /** What is due in front of frames may begin with anything: bytes that begin as a frame does are judged as one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "B7 01 0100 41 F6|0|all of it fits",
                "B7 01 0100 41 F7|1|rule: check",
                "B7 01 0100 41 F7 B7 01 0100 41 F6|1|rule: check",
                "B7 01 0100 41 F6 B7 01 0100 41|0|the beginning of a frame",
                "48 45 4C 4C 4F 20 31 32 0A B7 01 0100 41 F6|0|in front of them hello",
                "48 45 4C 4C 4F|0|the beginning of a frame",
                "48 45 4C 4C 50 20 31 32 0A|1|in front of the first frame",
            })
    void aBrokenFrameIsNoBeginningOfALine(String hex, int exitCode, String said) throws Exception {
        Path file = Files.writeString(folder.resolve("acme.yaml"), """
                name: acme
                frame:
                  sync: {bytes: "B7"}
                  header: [{name: type, at: 1, size: 1}]
                  length: {at: 2, size: 2, endian: little, counts: payload, max: 300}
                  payload: {at: 4}
                  check: {algorithm: xor, init: 0, from: 0, to: payload-end, at: payload-end}
                types: {ip: 1}
                messages:
                  hello: {unframed: {until: "0A", max: 100}, layout: [{literal: "HELLO "}, {text: name}]}
                  ip: {means: packet, layout: [{bytes: content}]}
                session:
                  login:
                    - {from: server, message: hello, with: {name: "x"}}
                """);
        assertThat(check("--format", file.toString(), "--bytes", hex))
                .as("%s%s", out, err)
                .isEqualTo(exitCode);
        assertThat(out.toString()).contains(said);
    }

    @Test
    void saysWhichMessageIsNotLaidOutAsItIs() {
        // type 4, keep-alive, of three bytes where its nonce has four
        assertThat(check("--format", "plain-le", "--bytes", "05 00 04 00 01 02 03"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(out.toString())
                .contains(
                        "type 4 keepalive: 1 frames, 1 not laid out",
                        "rule: message layout: keepalive: nonce at byte 0");
    }

    @Test
    void drawsTheFrameAndTellsBytesOfNoField() throws Exception {
        Path file = Files.writeString(folder.resolve("acme.yaml"), """
                name: acme
                frame:
                  sync: {bytes: "A5 50", mask: "FF F0"}
                  header: [{name: type, at: 2, size: 1, shift: 4, bits: 4}, {name: version, at: 4, size: 1, value: 7}]
                  length: {at: 5, size: 2, endian: little, counts: payload, max: 300}
                  payload: {at: 8}
                  check: {algorithm: xor, init: 0, from: 0, to: payload-end, at: payload-end}
                  trailer: "0D 0A"
                types: {ip: 3}
                messages: {ip: {means: packet, layout: [{bytes: content}]}}
                session: none
                """);
        check("--format", file.toString(), "--bytes", "");
        assertThat(out.toString())
                .contains(
                        "| 0 to 1 ",
                        "A5 50 under the mask FF F0",
                        "| 2, bits 4 to 7 ",
                        "always 7",
                        "of the payload, little-endian; 0 to 300",
                        "a frame of type 3 with 8 bytes of payload: A5 50 30 00 07 08 00 00 65 78 61 6D 70 6C 65 21 ",
                        "belong to no field: 1 (4 bits of it), 2 (4 bits of it), 3, 7; written as zeros");
    }
}
