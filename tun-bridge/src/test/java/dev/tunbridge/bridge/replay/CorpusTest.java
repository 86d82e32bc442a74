package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.reassembly.recording.CaptureFile;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Captures that others made (in {@code ../shared/corpus} beside the checkout, or in {@code -Dtunbridge.corpus}): each is replayed to
 * an end, none is taken for our protocol, and the stream in order is what tshark shows.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CorpusTest {
    /** What tshark writes where a capture lacks bytes. */
    private static final Pattern GAP = Pattern.compile("\\[(\\d+) bytes missing in capture file]\0?");

    private static final Pattern NODE = Pattern.compile("Node ([01]): (.*):(\\d+)");

    /** Where a kernel takes something else than tshark shows: by file, what one end sent, and why. */
    private static final Map<String, Known> EXCEPTIONS = Map.of(
            "suricata-verify--bug-6244-tcp-rst-with-data--tcp-rst-with-data.pcap",
            new Known("1.1.1.1:12345", "", "the payload of a RST is never read"),
            "suricata-verify--tcp-rst-unacked-stream-01-raw--input.pcap",
            new Known("1.1.1.1:12345", "", "the payload of a RST is never read"),
            "suricata-verify--tcp-rst-unacked-stream-04-gap-ips--input.pcap",
            new Known("1.1.1.1:12345", "", "the payload of a RST is never read"),
            "suricata-verify--tcp-5379--input.pcap",
            new Known("127.0.0.1:20", "", "the payload of a SYN counts only once it is acknowledged (RFC 7413)"),
            "suricata-verify--tcp-session-decode-malformed-ipv4--input.pcap",
            new Known(
                    "192.0.2.10:43210",
                    "REQ /malformed-decode HTTP/1.0\r\n\r\nX",
                    "an IP option that tshark cannot read, and Linux passes"));

    private record Known(String sender, String stream, String reason) {}

    private static List<Path> files = List.of();

    private final Map<String, Long> ambiguousBytes = new TreeMap<>();

    @BeforeAll
    static void findCorpus() throws IOException {
        Path folder = corpus();
        if (folder == null) {
            abort(
                    "skipped: there are no captures of others at ../shared/corpus (-Dtunbridge.corpus=FOLDER says where)");
        } else {
            try (Stream<Path> list = Files.list(folder)) {
                files = list.filter(file -> file.toString().matches(".*\\.pcap(ng)?"))
                        .sorted()
                        .toList();
            }
            assertThat(files).as("captures in %s", folder).hasSizeGreaterThan(40);
        }
    }

    private static @org.jspecify.annotations.Nullable Path corpus() {
        String told = System.getProperty("tunbridge.corpus");
        if (told != null) {
            return Path.of(told);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path beside = at.resolveSibling("shared").resolve("corpus");
            if (Files.isDirectory(beside)) {
                return beside;
            }
        }
        return null;
    }

    static Stream<Path> files() {
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    void isReplayedToAVerdict(Path file) throws IOException {
        Survey survey = Survey.of(() -> CaptureFile.open(file));
        assertThat(survey.tally().packets()).isPositive();
        for (Connection connection : some(survey)) {
            for (End receiver : List.of(connection.initiator(), connection.responder())) {
                for (String format : List.of("reference", "plain-le", "hdlc")) {
                    ReplayReport report = Replay.run(
                            () -> CaptureFile.open(file),
                            survey,
                            new ConnectionChoice.Chosen(connection, receiver),
                            ReplayOptions.of(Protocol.builtin(format)));
                    assertThat(report.verdict()).as("%s", report).isIn(Verdict.EMPTY, Verdict.OTHER_FORMAT);
                    assertThat(report.detail()).isNotBlank();
                    assertThat(report.delivery().earlyPackets()
                                    + report.delivery().latePackets())
                            .isZero();
                }
            }
        }
    }

    /** A port scan has hundreds, all alike. */
    private static List<Connection> some(Survey survey) {
        return survey.connections().stream().limit(4).toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void inOrderIsWhatTsharkShows(Path file) throws IOException {
        Map<String, String> ours = new TreeMap<>();
        Map<String, String> theirs = new TreeMap<>();
        Survey survey = Survey.of(() -> CaptureFile.open(file));
        for (Connection connection : some(survey)) {
            for (End receiver : List.of(connection.initiator(), connection.responder())) {
                End sender = receiver.equals(connection.initiator()) ? connection.responder() : connection.initiator();
                ours.merge(
                        sender.toString(),
                        stream(file, new ConnectionChoice.Chosen(connection, receiver)),
                        String::concat);
            }
        }
        for (int stream = 0; stream < Math.min(5, survey.connections().size() + 1); stream++) {
            follow(file, stream, theirs);
        }
        Known exception = EXCEPTIONS.get(file.getFileName().toString());
        if (exception != null) {
            assertThat(theirs.get(exception.sender()))
                    .as("no exception: %s", exception.reason())
                    .isNotEqualTo(exception.stream());
            theirs.put(exception.sender(), exception.stream());
        }
        theirs.values().removeIf(String::isEmpty);
        ours.values().removeIf(String::isEmpty);
        assertThat(ours.keySet()).isEqualTo(theirs.keySet());
        ours.forEach((sender, stream) -> assertSame(sender, stream, theirs.getOrDefault(sender, "")));
    }

    /** Bytes that came twice and differed are the receiver's secret: there, and only there, tshark may show the others. */
    private void assertSame(String sender, String ours, String theirs) {
        long other = ambiguousBytes.getOrDefault(sender, 0L);
        if (other == 0 || ours.length() != theirs.length()) {
            assertThat(ours).as(sender).isEqualTo(theirs);
        }
        long differences = IntStream.range(0, ours.length())
                .filter(i -> ours.charAt(i) != theirs.charAt(i))
                .count();
        assertThat(differences).as("%s: bytes that differ", sender).isLessThanOrEqualTo(other);
    }

    /** Our stream, a gap marked as tshark does. */
    private String stream(Path file, ConnectionChoice.Chosen chosen) throws IOException {
        StringBuilder text = new StringBuilder();
        ModelReceiver receiver = new ModelReceiver(
                StreamFacts.of(chosen.connection(), chosen.receiver()), new ModelReceiver.Application() {
                    @Override
                    public void inOrder(ByteBuf buffer, int index, int length) {
                        text.append(buffer.toString(index, length, StandardCharsets.ISO_8859_1));
                    }

                    @Override
                    public void missing(long bytes) {
                        text.append("<").append(bytes).append(" missing>");
                    }
                });
        new Playback(chosen, receiver, new Playback.RawLaneStage() {
                    @Override
                    public void captured(dev.tunbridge.reassembly.capture.CapturedSegment segment, long nowNanos) {}

                    @Override
                    public void settle(long nowNanos) {}
                })
                .run(() -> CaptureFile.open(file));
        ambiguousBytes.merge(chosen.sender().toString(), receiver.report().differentBytes(), Long::sum);
        return text.toString();
    }

    private static void follow(Path file, int stream, Map<String, String> bySender) throws IOException {
        List<String> lines = tshark("-r", file.toString(), "-q", "-z", "follow,tcp,raw," + stream);
        String[] nodes = {"", ""};
        boolean isData = false;
        for (String line : lines) {
            Matcher node = NODE.matcher(line);
            if (node.matches()) {
                nodes[Integer.parseInt(node.group(1))] = node.group(2) + ":" + node.group(3);
                isData = node.group(1).equals("1");
            } else if (line.startsWith("===")) {
                isData = false;
            } else if (isData) {
                String piece = new String(HexFormat.of().parseHex(line.strip()), StandardCharsets.ISO_8859_1);
                Matcher gap = GAP.matcher(piece);
                bySender.merge(
                        nodes[line.startsWith("\t") ? 1 : 0],
                        gap.matches() ? "<" + gap.group(1) + " missing>" : piece,
                        String::concat);
            }
        }
    }

    private static List<String> tshark(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("tshark"));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return abort("skipped: the program 'tshark' is not installed");
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        process.getInputStream().transferTo(output);
        return output.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
