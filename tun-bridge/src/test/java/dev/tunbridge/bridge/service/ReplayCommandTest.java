package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tunbridge.bridge.replay.MemoryRecording;
import dev.tunbridge.bridge.replay.ServerStream;
import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.reassembly.recording.CaptureFile;
import dev.tunbridge.reassembly.wire.TcpView;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a user of {@code tunbridge replay} sees of files that are not the usual. */
class ReplayCommandTest {
    private static final long YEAR_2023_MILLIS = 1_700_000_000_000L;
    private static final long JANUARY_2038_MILLIS = (1L << 31) * 1_000;
    private static final int DATAGRAMS = 20;

    @TempDir
    Path folder;

    private final MemoryRecording recording = new MemoryRecording();

    private record Result(int exitCode, String output, String errors) {}

    private static Result replay(Path file, String... options) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine(new ReplayCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
        List<String> arguments = new ArrayList<>(List.of(file.toString()));
        arguments.addAll(List.of(options));
        int exitCode = line.execute(arguments.toArray(String[]::new));
        return new Result(exitCode, out.toString(), err.toString());
    }

    private Path file() {
        return folder.resolve("recorded");
    }

    /** A handshake, a welcome and datagrams, of which one is lost and comes 99 ms late. */
    private void connection() {
        recording.add(TcpPackets.fromDevice(1_000).flags(TcpView.SYN).options(2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 0, 0));
        recording.add(TcpPackets.fromServer(5_000)
                .flags(TcpView.SYN)
                .ack(1_001)
                .options(2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 0, 0));
        recording.add(TcpPackets.fromDevice(1_001).ack(5_001));
        ServerStream server = new ServerStream(FrameFormat.builtin("reference"));
        List<byte[]> frames = new ArrayList<>(List.of(server.welcome()));
        for (int i = 0; i < DATAGRAMS; i++) {
            frames.add(server.datagram(i, 200));
        }
        int offset = 5_001;
        TcpPackets.Builder lost = TcpPackets.fromServer(offset);
        for (int i = 0; i < frames.size(); i++) {
            TcpPackets.Builder segment =
                    TcpPackets.fromServer(offset).ack(1_001).payload(frames.get(i));
            offset += frames.get(i).length;
            if (i == 5) {
                lost = segment;
            } else {
                recording.add(segment);
            }
        }
        recording.pauseMillis(99).add(lost);
    }

    private static void scan(MemoryRecording recording, int connections) {
        for (int i = 0; i < connections; i++) {
            recording.add(TcpPackets.between(
                            TcpPackets.end("198.18." + (16 + (i >>> 14)) + ".7", 1 + (i & 0x3fff)), TcpPackets.SERVER)
                    .flags(TcpView.SYN)
                    .sequence(i));
        }
    }

    private static void assertReplayed(Result result) {
        assertThat(result.exitCode()).as("%s", result).isZero();
        assertThat(result.output()).contains("\"early_packets\":15").contains("\"late_packets\":5");
    }

    @Test
    void aListSaysHowManyMoreThereAreAndTheWantedOneIsReplayed() throws Exception {
        scan(recording, 20_000);
        connection();
        Path file = recording.writeTo(file(), YEAR_2023_MILLIS, 0);
        List<String> list = replay(file, "--list").output().lines().toList();
        int listed = list.size() - 1;
        assertThat(list.get(listed)).startsWith(String.format(java.util.Locale.ROOT, "and %,d more", 20_001 - listed));
        assertThat(list).anyMatch(line -> line.startsWith("20000: 198.18.0.1:40000-198.18.0.2:7000"));
        for (String[] choice : new String[][] {
            {"--json"},
            {"--json", "--server", "198.18.0.2:7000"},
            {"--json", "--connection", "20000"},
            {"--json", "--connection", "198.18.0.1:40000-198.18.0.2:7000"}
        }) {
            Result result = replay(file, choice);
            assertReplayed(result);
            assertThat(result.output()).contains("\"connections\":20001");
        }
    }

    @Test
    void aFileThatCrossesJanuary2038KeepsItsTimesInTextJsonAndPackets() throws Exception {
        connection();
        Path usual = folder.resolve("usual.pcapng");
        assertReplayed(replay(recording.writeTo(file(), YEAR_2023_MILLIS, 0), "--json", "--pcap", usual.toString()));
        // The datagram that was lost comes in the new era, all others in the old one.
        recording.writeTo(file(), JANUARY_2038_MILLIS - 60, 0);
        Path crossing = folder.resolve("crossing.pcapng");
        Result result = replay(file(), "--json", "--pcap", crossing.toString());
        assertReplayed(result);
        assertThat(result.output()).contains("\"duration_nanos\":122000000").contains("\"max_nanos\":114000000");
        assertThat(replay(file()).output()).contains(" in 122 ms").contains("at most 114 ms a packet");
        List<Long> times = times(crossing);
        assertThat(times).hasSize(DATAGRAMS);
        assertThat(times).anyMatch(time -> time < JANUARY_2038_MILLIS * 1_000_000);
        assertThat(times).anyMatch(time -> time > JANUARY_2038_MILLIS * 1_000_000);
        long distance = (JANUARY_2038_MILLIS - 60 - YEAR_2023_MILLIS) * 1_000_000;
        assertThat(times)
                .isEqualTo(times(usual).stream().map(time -> time + distance).toList());
    }

    private static List<Long> times(Path file) throws IOException {
        List<Long> times = new ArrayList<>();
        try (CaptureFile source = CaptureFile.open(file)) {
            while (source.drain(segment -> times.add(segment.timeNanos()), 100) != SegmentSource.END) {
                // Until the end.
            }
        }
        return times;
    }

    @Test
    void aMillionMicrosecondsAreCarriedOverAndSaid() throws Exception {
        connection();
        Result result = replay(recording.writeTo(file(), YEAR_2023_MILLIS, 1), "--json");
        assertReplayed(result);
        assertThat(result.output()).contains(" stamps have a second or more in their fraction: it was carried over");
        assertThat(result.errors()).isEmpty();
    }

    @Test
    void aConnectionInsideOfGreIsReplayedAsItIsWithoutIt() throws Exception {
        connection();
        UnaryOperator<byte[]> gre = packet -> {
            byte[] front = HexFormat.of()
                    .parseHex("450000000000000000" + "2f0000" + "c6120101c6120102" + "20000800" + "00000007");
            byte[] all = java.util.Arrays.copyOf(front, front.length + packet.length);
            all[2] = (byte) (all.length >>> 8);
            all[3] = (byte) all.length;
            System.arraycopy(packet, 0, all, front.length, packet.length);
            return all;
        };
        assertReplayed(replay(recording.within(gre).writeTo(file(), YEAR_2023_MILLIS, 0), "--json"));
    }

    @Test
    void anEncryptedConnectionIsNamedWithItsEndsAndTheCure() throws Exception {
        connection();
        UnaryOperator<byte[]> esp = packet -> {
            byte[] all = packet.clone();
            all[9] = 50;
            return all;
        };
        Result result =
                replay(recording.within(esp).writeTo(file(), YEAR_2023_MILLIS, 0), "--server", "198.18.0.2:7000");
        assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(result.errors())
                .contains("has no TCP connection to 198.18.0.2:7000; 24 packets of IPsec (ESP), which is encrypted"
                        + " (the first: 198.18.0.1 to 198.18.0.2) were not looked into")
                .contains("record where it is decrypted");
    }

    /** By the real program, whose segments have neither SYN nor ACK. */
    @Test
    void whatText2pcapWritesIsNothingReceivedAndTheReasonIsSaid() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "000000 48 65 6c 6c 6f\n\n000000 48 65 6c 6c 6f\n");
        try {
            Process process = new ProcessBuilder(
                            "text2pcap", "-q", "-T", "7000,40000", text.toString(), file().toString())
                    .redirectErrorStream(true)
                    .start();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } catch (IOException e) {
            abort("skipped: the program 'text2pcap' is not installed");
        }
        Result result = replay(file());
        assertThat(result.exitCode()).as("%s", result).isEqualTo(ExitCode.FAILED);
        assertThat(result.output())
                .contains(
                        "verdict     nothing was received on this connection: 2 segments with payload lack the ACK flag");
        assertThat(replay(file(), "--list").output()).contains(", 0 bytes received, 0 sent,");
    }
}
