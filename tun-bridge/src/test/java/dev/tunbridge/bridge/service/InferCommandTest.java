package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.replay.MemoryRecording;
import dev.tunbridge.bridge.replay.ServerStream;
import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.wire.TcpView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a user of {@code tunbridge infer} sees. */
class InferCommandTest {
    private static final int DATAGRAMS = 60;

    @TempDir
    Path folder;

    private record Result(int exitCode, String output, String errors) {}

    private static Result run(Object command, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line =
                Main.commandLine(command).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = line.execute(arguments);
        return new Result(exitCode, out.toString(), err.toString());
    }

    private static Result infer(Path file, String... options) {
        List<String> arguments = new ArrayList<>(List.of(file.toString()));
        arguments.addAll(List.of(options));
        return run(new InferCommand(), arguments.toArray(String[]::new));
    }

    private static List<byte[]> frames() {
        ServerStream server = new ServerStream(FrameFormat.builtin("reference"));
        List<byte[]> frames = new ArrayList<>(List.of(server.welcome()));
        for (int i = 0; i < DATAGRAMS; i++) {
            frames.add(server.datagram(i, 20 + 7 * i));
        }
        return frames;
    }

    private Path raw() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        frames().forEach(bytes::writeBytes);
        return Files.write(folder.resolve("raw"), bytes.toByteArray());
    }

    @Test
    void proposesFromACaptureFileWhatCheckAccepts() throws Exception {
        MemoryRecording recording = new MemoryRecording();
        recording.add(TcpPackets.fromDevice(1_000).flags(TcpView.SYN));
        recording.add(TcpPackets.fromServer(5_000).flags(TcpView.SYN).ack(1_001));
        recording.add(TcpPackets.fromDevice(1_001).ack(5_001));
        int offset = 5_001;
        for (byte[] frame : frames()) {
            TcpPackets.Builder segment =
                    TcpPackets.fromServer(offset).ack(1_001).payload(frame);
            recording.add(segment).add(segment); // doubles are no bytes of the stream
            offset += frame.length;
        }
        Path capture = recording.writeTo(folder.resolve("recorded"), 1_700_000_000_000L, 0);
        Path description = folder.resolve("found.yaml");
        Result result = infer(capture, "--out", description.toString());
        assertThat(result.exitCode()).as("%s", result).isZero();
        // The welcome, a first frame that is unlike all others, counts as what stands in front of them.
        assertThat(result.output()).contains(DATAGRAMS + " frames fit").contains("by chance once in 2^");
        assertThat(Files.readString(description)).contains("sync: ").contains("algorithm: crc16-x25");
        Result check = run(new CheckCommand(), "--format", description.toString());
        assertThat(check.output() + check.errors()).contains("inferred").doesNotContain("found.yaml:");
    }

    @Test
    void proposesFromBareBytesAsManyAsAreAskedFor() throws Exception {
        Result result = infer(raw(), "--raw", "--top", "24");
        assertThat(result.exitCode()).as("%s", result).isZero();
        assertThat(result.output()).startsWith("# Proposal 1 of ").contains("name: inferred");
    }

    @Test
    void saysOfAnEmptyAndATinyFileThatThereIsTooLittle() throws Exception {
        Path file = folder.resolve("tiny");
        for (byte[] bytes : List.of(new byte[0], new byte[] {1, 2, 3})) {
            Result result = infer(Files.write(file, bytes), "--raw");
            assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(result.errors()).contains(bytes.length + " bytes of the protocol: too few");
        }
    }

    @Test
    void saysThatTheBytesTellNothing() throws Exception {
        byte[] bytes = new byte[5_000];
        new Random(1).nextBytes(bytes);
        Result result = infer(Files.write(folder.resolve("random"), bytes), "--raw");
        assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(result.errors()).contains("nothing in its 5000 bytes that chance would not do");
    }

    @Test
    void refusesWhatIsNoCaptureFileAndNamesRaw() throws Exception {
        Result result = infer(raw());
        assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(result.errors()).contains("--raw");
        assertThat(infer(folder.resolve("none")).errors()).contains("no such file");
        assertThat(infer(raw(), "--raw", "--top", "0").errors())
                .contains("--top")
                .contains("1 to 24");
        Path file = raw();
        assertThat(infer(file, "--raw", "--out", file.toString()).errors()).contains("not the recording itself");
    }
}
