package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.Bytes;
import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.Rejection;
import dev.tunbridge.reassembly.wire.TcpView;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayTest {
    private static final int DEVICE_INITIAL = 1_000;
    private static final int SERVER_INITIAL = 0xffff_fe00; // wraps early
    private static final int DATAGRAM_BYTES = 200;

    private final Protocol reference = Protocol.builtin("reference");
    private final MemoryRecording recording = new MemoryRecording();
    private final List<Integer> early = new ArrayList<>();
    private final List<Integer> late = new ArrayList<>();
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    private ReplayReport replay(Protocol protocol, RecoveryOptions recovery) throws Exception {
        early.clear();
        late.clear();
        stream.reset();
        Survey survey = Survey.of(recording);
        ReplayOptions options = ReplayOptions.of(protocol)
                .recovery(recovery)
                .packets((lane, buffer, index, length, nowNanos) ->
                        (lane == Lane.EARLY ? early : late).add(buffer.getInt(index + 28)))
                .stream((buffer, index, length) -> buffer.getBytes(index, stream, length));
        return Replay.run(
                recording,
                survey,
                new ConnectionChoice.Largest().among(survey.connections()).orElseThrow(),
                options);
    }

    private ReplayReport replay() throws Exception {
        return replay(reference, RecoveryOptions.DEFAULT.ofFile());
    }

    private void handshake() {
        recording.add(
                TcpPackets.fromDevice(DEVICE_INITIAL).flags(TcpView.SYN).options(2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 0, 0));
        recording.add(TcpPackets.fromServer(SERVER_INITIAL)
                .flags(TcpView.SYN)
                .ack(DEVICE_INITIAL + 1)
                .options(2, 4, 5, 180, 4, 2, 3, 3, 7, 0, 0, 0));
        acknowledge(0);
    }

    private void acknowledge(int offset) {
        recording.add(TcpPackets.fromDevice(DEVICE_INITIAL + 1).ack(SERVER_INITIAL + 1 + offset));
    }

    private void send(int offset, byte[] payload) {
        recording.add(TcpPackets.fromServer(SERVER_INITIAL + 1 + offset)
                .ack(DEVICE_INITIAL + 1)
                .payload(payload));
    }

    /** Welcome, and datagrams; one frame a segment. */
    private static List<byte[]> frames(Protocol protocol, int datagrams) {
        ServerStream server = new ServerStream(protocol.format());
        List<byte[]> frames = new ArrayList<>(List.of(server.welcome()));
        for (int i = 0; i < datagrams; i++) {
            frames.add(server.datagram(i, DATAGRAM_BYTES));
        }
        return frames;
    }

    private static int[] offsets(List<byte[]> frames) {
        int[] offsets = new int[frames.size() + 1];
        for (int i = 0; i < frames.size(); i++) {
            offsets[i + 1] = offsets[i] + frames.get(i).length;
        }
        return offsets;
    }

    @Test
    void whatLiesBehindALostSegmentGoesEarlyAndTheGainIsTheWait() throws Exception {
        handshake();
        List<byte[]> frames = frames(reference, 20);
        int[] offsets = offsets(frames);
        for (int i = 0; i < frames.size(); i++) {
            if (i != 5) {
                send(offsets[i], frames.get(i));
            }
        }
        recording.pauseMillis(99);
        send(offsets[5], frames.get(5));
        ReplayReport report = replay();
        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.REPLAYED);
        assertThat(early).containsExactly(5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
        assertThat(late).containsExactly(0, 1, 2, 3, 4);
        DeliveryReport delivery = report.delivery();
        assertThat(delivery.earlyPackets()).isEqualTo(15);
        assertThat(delivery.latePackets()).isEqualTo(5);
        assertThat(delivery.unconfirmed()).isZero();
        assertThat(delivery.gained().count()).isEqualTo(15);
        assertThat(delivery.gained().maxNanos())
                .as("the first behind the hole waited longest")
                .isEqualTo(TimeUnit.MILLISECONDS.toNanos(114));
        assertThat(delivery.gained().totalNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(15 * (100 + 114) / 2));
        assertThat(report.holes().count()).isEqualTo(1);
        assertThat(report.holes().bytes()).isEqualTo(frames.get(5).length);
        assertThat(report.holes().durations().maxNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(114));
        assertThat(report.rawLane().state()).isEqualTo(LaneState.ACTIVE);
        assertThat(report.rawLane().swallowed()).isEqualTo(15);
        assertThat(report.handshake().sack()).isTrue();
        assertThat(report.handshake().receiverMss()).isEqualTo(1460);
        assertThat(report.warnings()).isEmpty();
        assertThat(stream.toByteArray()).isEqualTo(Bytes.concat(frames.toArray(new byte[0][])));
    }

    @Test
    void withRecoveryOffEverythingIsLate() throws Exception {
        whatLiesBehindALostSegmentGoesEarlyAndTheGainIsTheWait();
        ReplayReport report = replay(reference, RecoveryOptions.DEFAULT.ofFile().disabled());
        assertThat(early).isEmpty();
        assertThat(late).hasSize(20).isSorted();
        assertThat(report.delivery().gained().count()).isZero();
        assertThat(report.delivery().waits().maxNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(114));
        assertThat(report.rawLane().state()).isEqualTo(LaneState.MEASURING);
    }

    @ParameterizedTest
    @CsvSource({"reference, ANCHORED", "reference, PROVEN", "reference, FOUND", "plain-le, ANCHORED", "hdlc, ANCHORED"})
    void everyDatagramIsDeliveredOnceWhateverIsLostRepeatedAndReordered(String name, BoundaryGrade grade)
            throws Exception {
        Protocol protocol = Protocol.builtin(name);
        long seed = Seeds.next();
        long gained = 0;
        for (int round = 0; round < 20; round++) {
            Random random = new Random(seed + round);
            MemoryRecording disturbed = disturbed(frames(protocol, 100), random);
            Survey survey = Survey.of(disturbed);
            List<Integer> delivered = new ArrayList<>();
            ReplayOptions options = ReplayOptions.of(protocol)
                    .recovery(RecoveryOptions.DEFAULT.ofFile().boundaries(grade))
                    .packets((lane, buffer, index, length, now) -> delivered.add(buffer.getInt(index + 28)));
            ReplayReport report = Replay.run(
                    disturbed,
                    survey,
                    new ConnectionChoice.Largest().among(survey.connections()).orElseThrow(),
                    options);
            assertThat(report.verdict()).as("seed %d round %d", seed, round).isEqualTo(Verdict.REPLAYED);
            assertThat(delivered).as("seed %d round %d", seed, round).hasSize(100);
            assertThat(new TreeSet<>(delivered))
                    .as("seed %d round %d", seed, round)
                    .hasSize(100);
            assertThat(report.rawLane().mismatchedBytes()).isZero();
            assertThat(report.delivery().gained().count())
                    .isEqualTo(report.delivery().earlyPackets());
            gained += report.delivery().gained().totalNanos();
        }
        assertThat(gained).as("seed %d", seed).isPositive();
    }

    /** The frames in segments of any cut; a tenth comes late, a tenth twice. */
    private static MemoryRecording disturbed(List<byte[]> frames, Random random) {
        ReplayTest scene = new ReplayTest();
        scene.handshake();
        byte[] bytes = Bytes.concat(frames.toArray(new byte[0][]));
        List<int[]> ranges = new ArrayList<>();
        int first = frames.get(0).length; // the welcome comes first
        ranges.add(new int[] {0, first});
        for (int at = first; at < bytes.length; ) {
            int end = random.nextBoolean()
                    ? at + frames.get(1).length - (at - first) % frames.get(1).length
                    : at + 1 + random.nextInt(1_400);
            end = Math.min(end, bytes.length);
            ranges.add(new int[] {at, end});
            at = end;
        }
        for (int i = 1; i < ranges.size(); i++) {
            if (random.nextInt(10) == 0) {
                ranges.add(Math.min(ranges.size(), i + random.nextInt(20)), ranges.get(i));
            }
            if (random.nextInt(10) == 0) {
                Collections.swap(ranges, i, Math.min(ranges.size() - 1, i + random.nextInt(20)));
            }
        }
        for (int[] range : ranges) {
            scene.send(range[0], Arrays.copyOfRange(bytes, range[0], range[1]));
        }
        return scene.recording;
    }

    @Test
    void anotherProtocolIsToldAndNothingIsDelivered() throws Exception {
        handshake();
        byte[] page = "HTTP/1.0 200 OK\r\n\r\n".repeat(5_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        for (int at = 0; at < page.length; at += 1_000) {
            send(at, Arrays.copyOfRange(page, at, at + 1_000));
        }
        for (String name : List.of("reference", "plain-le", "hdlc", "vtun")) { // of others text may be a frame
            ReplayReport report = replay(Protocol.builtin(name), RecoveryOptions.DEFAULT.ofFile());
            assertThat(report.verdict()).as(name).isEqualTo(Verdict.OTHER_FORMAT);
            assertThat(report.detail()).contains("not format '" + name + "'");
            assertThat(early).isEmpty();
            assertThat(late).isEmpty();
            assertThat(stream.toByteArray())
                    .as("the stream is told all the same")
                    .isEqualTo(page);
        }
    }

    @Test
    void nothingReceivedIsSaid() throws Exception {
        handshake();
        assertThat(replay().verdict()).isEqualTo(Verdict.EMPTY);
        send(100, new byte[50]);
        assertThat(replay().detail()).contains("lacks the first of 50 bytes");
    }

    /** As {@code text2pcap -T} writes them: the kernel drops such, so they are nothing received, and the report says why. */
    @Test
    void segmentsWithoutAcknowledgementAreNothingReceivedAndTheReasonIsSaid() throws Exception {
        handshake();
        List<byte[]> frames = frames(reference, 3);
        int[] offsets = offsets(frames);
        for (int i = 0; i < frames.size(); i++) {
            recording.add(TcpPackets.fromServer(SERVER_INITIAL + 1 + offsets[i]).payload(frames.get(i)));
        }
        ReplayReport report = replay();
        assertThat(report.verdict()).isEqualTo(Verdict.EMPTY);
        assertThat(report.detail())
                .contains("4 segments with payload lack the ACK flag")
                .contains("text2pcap -T");
        assertThat(report.connection().receivedBytes()).isZero();
        assertThat(report.kernel().refused()).containsEntry(KernelRefusal.NO_ACKNOWLEDGEMENT, 4L);
        assertThat(early).isEmpty();
        assertThat(late).isEmpty();
    }

    @Test
    void aFileThatBeginsLateIsFollowedByTheKernelLane() throws Exception {
        List<byte[]> frames = frames(reference, 10);
        int[] offsets = offsets(frames);
        byte[] half = frames.get(1);
        acknowledge(offsets[1] + 20);
        send(offsets[1] + 20, Arrays.copyOfRange(half, 20, half.length));
        for (int i = 2; i < frames.size(); i++) {
            if (i != 6) {
                send(offsets[i], frames.get(i));
            }
        }
        send(offsets[6], frames.get(6));
        ReplayReport report = replay();
        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.REPLAYED);
        assertThat(early).isEmpty();
        assertThat(late).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(report.rawLane().state()).isEqualTo(LaneState.LATE);
        assertThat(report.rawLane().rejected()).containsKey(Rejection.NO_HANDSHAKE);
        assertThat(report.stream().skippedBytes()).isEqualTo(half.length - 20);
        assertThat(report.warnings())
                .anyMatch(warning -> warning.contains("late start"))
                .anyMatch(warning -> warning.contains("segment carriage to 198.19.0.1"));
    }

    @Test
    void whatTheCaptureHasLostIsPassedOverAndSaid() throws Exception {
        handshake();
        List<byte[]> frames = frames(reference, 10);
        int[] offsets = offsets(frames);
        for (int i = 0; i < frames.size(); i++) {
            if (i != 4) {
                send(offsets[i], frames.get(i));
            }
            acknowledge(offsets[i + 1]);
        }
        recording.pauseMillis(10);
        acknowledge(offsets[frames.size()]);
        ReplayReport report = replay();
        assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.REPLAYED);
        assertThat(report.kernel().missingBytes()).isEqualTo(frames.get(4).length);
        assertThat(report.stream().badFrames()).isEqualTo(1);
        assertThat(new TreeSet<>(early)).isSubsetOf(4, 5, 6, 7, 8, 9);
        assertThat(late).contains(0, 1, 2);
        assertThat(early.size() + late.size())
                .as("all but the one that is not in the file")
                .isEqualTo(9);
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("lacks " + frames.get(4).length + " bytes"));
    }

    @Test
    void aConnectionWithoutSackIsWarnedOf() throws Exception {
        recording.add(TcpPackets.fromDevice(DEVICE_INITIAL).flags(TcpView.SYN).options(4, 2, 0, 0));
        recording.add(TcpPackets.fromServer(SERVER_INITIAL).flags(TcpView.SYN).ack(DEVICE_INITIAL + 1));
        acknowledge(0);
        List<byte[]> frames = frames(reference, 2);
        send(0, Bytes.concat(frames.toArray(new byte[0][])));
        ReplayReport report = replay();
        assertThat(report.handshake().sack()).isFalse();
        assertThat(report.warnings()).anyMatch(warning -> warning.startsWith("no SACK"));
        assertThat(late).containsExactly(0, 1);
    }

    @Test
    void trafficBeforeTheWelcomeIsNotDelivered() throws Exception {
        handshake();
        ServerStream server = new ServerStream(reference.format());
        send(0, Bytes.concat(server.datagram(6, DATAGRAM_BYTES), server.welcome(), server.datagram(7, DATAGRAM_BYTES)));
        ReplayReport report = replay();
        assertThat(late).containsExactly(7);
        assertThat(report.stream().wrongCarriage()).isEqualTo(1);
    }

    @Test
    void aWelcomeThatTheBridgeRefusesDeliversNothing() throws Exception {
        handshake();
        ServerStream server = new ServerStream(reference.format());
        byte[] intoItself = server.welcome(TcpPackets.DEVICE.getAddress(), TcpPackets.SERVER.getAddress());
        send(0, Bytes.concat(intoItself, server.datagram(7, DATAGRAM_BYTES)));
        ReplayReport report = replay();
        assertThat(late).isEmpty();
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("the welcome's network"));
    }
}
