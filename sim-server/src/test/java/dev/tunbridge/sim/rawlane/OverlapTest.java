package dev.tunbridge.sim.rawlane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.sim.e2e.Scenes;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.rawlane.LiveLane.Delivered;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Segments that overlap with different bytes, in every arrangement, against a real socket: which of them the kernel takes is its own
 * affair, and what goes early must not contradict it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OverlapTest {
    private static final FrameFormat FORMAT = FrameFormat.builtin("reference");
    private static final FourTuple TUPLE =
            new FourTuple(new InetSocketAddress("198.18.0.1", 40_000), new InetSocketAddress("198.18.0.2", 7_000));

    /** Whole frames before the cut one, so that their flow is known, and as much of the cut one as tells its length. */
    private static final int FRAMES_BEFORE = 2;

    private static final int HEAD_BYTES = 10;
    private static final int FRAME_BYTES = 60;
    private static final int FRAMES = 14;

    private final List<Arrangement> arrangements = Stream.of(1, 2, 3)
            .flatMap(segments -> Arrangement.of(segments).stream())
            .toList();

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private LabNamespace namespace;

    @SuppressWarnings("NullAway.Init")
    private WireTun wire;

    @SuppressWarnings("NullAway.Init")
    private CaptureRing ring;

    /** Where the first mark of the grid lies. */
    enum Place {
        /** At the hole's end. */
        BEHIND_THE_HOLE,
        /** At the hole's beginning: some segment goes on where the kernel's stream ends. */
        IN_THE_HOLE,
        /** In bytes that have been read. */
        BEFORE_THE_HOLE
    }

    /** What the segments bring. */
    enum Bytes {
        /** All the same: nothing is wrong. */
        OF_ONE_STREAM,
        /** Frames of the same lengths with other contents. */
        OF_OTHER_CONTENTS,
        /** Frames of other lengths. */
        OF_OTHER_FRAMES
    }

    /** What is done between two segments. */
    enum Turns {
        EACH,
        AFTER_ALL,
        AFTER_ALL_KERNEL_FIRST
    }

    /** What the server sends again in the end. */
    enum Completion {
        /** What none of the segments has brought. */
        GAPS,
        /** Everything, in its own version. */
        EVERYTHING
    }

    record Case(Arrangement arrangement, Place place, Bytes bytes, int markBytes, Turns turns, Completion completion) {}

    @BeforeAll
    void open() throws Exception {
        Scenes.requireLab();
        lab = Lab.open();
        namespace = lab.namespace("device");
        wire = WireTun.open(namespace, "wire0", "198.18.0.1/30");
        ring = namespace.call(() -> CaptureRing.open(CaptureOptions.of(new CaptureFilter.Inbound(TUPLE))));
    }

    @AfterAll
    void close() {
        if (ring != null) {
            ring.close();
        }
        if (wire != null) {
            wire.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void thereIsEveryArrangement() {
        assertThat(Arrangement.of(1)).hasSize(1);
        assertThat(Arrangement.of(2)).hasSize(13).doesNotHaveDuplicates();
        assertThat(Arrangement.of(3)).hasSize(409).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void segmentsOfOneStreamGoEarlyWithoutAnAlarm(Place place) throws Exception {
        Totals totals = play(place, Bytes.OF_ONE_STREAM);
        assertThat(totals.early).as("frames that went early").isGreaterThan(arrangements.size() / 4);
        assertThat(totals.conflicts + totals.latched).isZero();
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void otherContentsNeverContradictTheKernelUnseen(Place place) throws Exception {
        Totals totals = play(place, Bytes.OF_OTHER_CONTENTS);
        assertThat(totals.early).as("frames that went early").isGreaterThan(arrangements.size() / 4);
        assertThat(totals.conflicts).isGreaterThan(arrangements.size() / 4);
        assertThat(totals.latched).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void otherFramesNeverContradictTheKernelUnseen(Place place) throws Exception {
        Totals totals = play(place, Bytes.OF_OTHER_FRAMES);
        assertThat(totals.early).as("frames that went early").isGreaterThan(arrangements.size() / 4);
        assertThat(totals.conflicts).isGreaterThan(arrangements.size() / 4);
        assertThat(totals.latched).isPositive();
    }

    /** What all cases together came to: that the lane was at work at all. */
    private static final class Totals {
        int early;
        int conflicts;
        int latched;
    }

    /** Every arrangement; the finer choices take turns, so that each meets each place and kind of bytes many times. */
    private Totals play(Place place, Bytes bytes) throws Exception {
        Totals totals = new Totals();
        try (LogWatch log = new LogWatch("dev.tunbridge.bridge.receive").alone()) {
            namespace.call(() -> {
                RawServer server = new RawServer(wire, TUPLE.remote());
                int number = 0;
                for (Arrangement arrangement : arrangements) {
                    for (Turns turns :
                            bytes == Bytes.OF_ONE_STREAM ? Set.of(turnsOf(number)) : EnumSet.allOf(Turns.class)) {
                        int choice = number++;
                        int markBytes = choice % 2 == 0 ? FRAME_BYTES : FRAME_BYTES * 3 / 4;
                        Completion completion = choice / 2 % 2 == 0 ? Completion.GAPS : Completion.EVERYTHING;
                        new Play(server, new Case(arrangement, place, bytes, markBytes, turns, completion)).run(totals);
                    }
                }
                return totals;
            });
            assertThat(log.lines().isEmpty()).as("no alarm was logged").isEqualTo(totals.conflicts == 0);
        }
        return totals;
    }

    private static Turns turnsOf(int number) {
        return Turns.values()[number % Turns.values().length];
    }

    /** One case on a connection of its own. */
    private final class Play {
        private final RawServer server;
        private final Case played;
        private final byte[][] versions = new byte[4][];
        private final List<Sent> sent = new ArrayList<>();
        private final int readEnd;
        private final int holeEnd;
        private final int streamEnd;
        private int earlyChecked;

        Play(RawServer server, Case played) {
            this.server = server;
            this.played = played;
            readEnd = FRAMES_BEFORE * FRAME_BYTES + HEAD_BYTES;
            holeEnd = (FRAMES_BEFORE + 1) * FRAME_BYTES;
            streamEnd = FRAMES * FRAME_BYTES;
            for (int version = 0; version < versions.length; version++) {
                versions[version] = bytesOf(played.bytes() == Bytes.OF_ONE_STREAM ? 0 : version, played.bytes());
            }
        }

        /** Bytes of a version that were on the wire. */
        private static final class Sent {
            final int from;
            final int to;
            final int version;
            /** How far the kernel lane had come when it was captured. */
            long position = -1;

            Sent(int from, int to, int version) {
                this.from = from;
                this.to = to;
                this.version = version;
            }
        }

        void run(Totals totals) throws IOException {
            int initialSequenceNumber = -readEnd - (sent.size() + played.markBytes()); // wraps in the hole or behind it
            try (LiveLane lane = LiveLane.connect(server, ring, TUPLE, FORMAT, initialSequenceNumber)) {
                server.send(0, Arrays.copyOf(versions[0], readEnd));
                lane.readTo(readEnd);
                assertThat(lane.early()).isEmpty();
                for (int i = 0; i < played.arrangement().spans().size(); i++) {
                    Arrangement.Span span = played.arrangement().spans().get(i);
                    send(mark(span.from()), mark(span.to()), i + 1);
                    if (played.turns() == Turns.EACH) {
                        turn(lane);
                    }
                }
                turn(lane);
                complete(lane);
                lane.readTo(streamEnd);
                check(lane, totals);
            } catch (AssertionError | RuntimeException | IOException e) {
                throw new AssertionError(played + ": " + e.getMessage(), e);
            }
        }

        private int mark(int mark) {
            return switch (played.place()) {
                case BEHIND_THE_HOLE -> holeEnd + mark * played.markBytes();
                case IN_THE_HOLE -> mark == 0 ? readEnd : holeEnd + (mark - 1) * played.markBytes();
                case BEFORE_THE_HOLE ->
                    mark == 0 ? readEnd - HEAD_BYTES - 1 : holeEnd + (mark - 1) * played.markBytes();
            };
        }

        private void send(int from, int to, int version) throws IOException {
            server.send(from, Arrays.copyOfRange(versions[version], from, to));
            sent.add(new Sent(from, to, version));
        }

        private void turn(LiveLane lane) throws IOException {
            if (played.turns() == Turns.AFTER_ALL_KERNEL_FIRST) {
                lane.read();
            }
            sent.stream()
                    .filter(segment -> segment.position < 0)
                    .forEach(segment -> segment.position = lane.kernelBytes().writerIndex());
            lane.captureAll(1 + sent.size());
            if (played.turns() != Turns.AFTER_ALL_KERNEL_FIRST) {
                lane.read();
            }
            lane.settle();
            checkEarly(lane);
        }

        private void complete(LiveLane lane) throws IOException {
            boolean[] isCovered = new boolean[streamEnd];
            if (played.completion() == Completion.GAPS) {
                sent.forEach(segment -> Arrays.fill(isCovered, segment.from, segment.to, true));
            }
            int from = readEnd;
            while (from < streamEnd) {
                int to = from + 1;
                while (to < streamEnd && isCovered[to] == isCovered[from] && to - from < FRAME_BYTES * 3 / 2) {
                    to++;
                }
                if (!isCovered[from]) {
                    send(from, to, 0);
                    if (played.turns() == Turns.EACH) {
                        turn(lane);
                    }
                }
                from = to;
            }
            turn(lane);
        }

        /** Whoever goes early must not have had a rival at that time. */
        private void checkEarly(LiveLane lane) {
            for (; earlyChecked < lane.early().size(); earlyChecked++) {
                Delivered frame = lane.early().get(earlyChecked);
                for (Sent segment : sent) {
                    int from = (int) Math.max(frame.start(), segment.from);
                    int to = (int) Math.min(frame.end(), segment.to);
                    if (from < to) {
                        assertThat(Arrays.copyOfRange(versions[segment.version], from, to))
                                .as("bytes %d to %d, sent before the frame of %d went early", from, to, frame.start())
                                .isEqualTo(Arrays.copyOfRange(
                                        frame.bytes().toByteArray(), (int) (from - frame.start()), (int)
                                                (to - frame.start())));
                    }
                }
            }
        }

        private void check(LiveLane lane, Totals totals) {
            checkEarly(lane);
            RecoveryCounters raw = lane.counters().recovery();
            List<Delivered> truth = decoded(lane.kernelBytes());
            assertThat(lane.inOrder()).as("the kernel lane's frames").isEqualTo(truth);
            List<Delivered> contradicted = lane.early().stream()
                    .filter(frame -> !truth.contains(frame))
                    .toList();
            assertThat(lane.swallowed())
                    .as("frames kept from the device because they had gone early")
                    .containsExactlyInAnyOrderElementsOf(
                            lane.early().stream().filter(truth::contains).toList());
            assertThat(lane.atDevice())
                    .as("packets at the device")
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(truth.stream(), contradicted.stream())
                            .map(Play::packet)
                            .toList());
            assertThat(raw.rejected()).isEmpty();
            boolean isLatched = lane.state() != LaneState.ACTIVE;
            if (!contradicted.isEmpty()) {
                assertThat(isLatched).as("latched, as %s show", contradicted).isTrue();
            }
            if (contradicted.stream().anyMatch(lane.proven()::contains)) {
                assertThat(lane.state()).as("proven, and false all the same").isEqualTo(LaneState.LATCHED_OFF);
            }
            if (hasConflict()) {
                assertThat(raw.conflicts()).as("alarms").isPositive();
            }
            if (played.bytes() == Bytes.OF_ONE_STREAM) {
                assertThat(raw.conflicts() + raw.contradictions()).isZero();
                assertThat(isLatched).isFalse();
            }
            totals.early += lane.early().size();
            totals.conflicts += raw.conflicts() > 0 ? 1 : 0;
            totals.latched += isLatched ? 1 : 0;
        }

        /** Whether a segment that came beyond a hole has met another with different bytes before the kernel lane had read them. */
        private boolean hasConflict() {
            for (int i = 0; i < sent.size(); i++) {
                for (int j = i + 1; j < sent.size(); j++) {
                    int from = Math.max(sent.get(i).from, sent.get(j).from);
                    int to = Math.min(sent.get(i).to, sent.get(j).to);
                    from = (int) Math.max(from, sent.get(j).position);
                    if (from < to && isBeyondHole(i) && differs(sent.get(i).version, sent.get(j).version, from, to)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean isBeyondHole(int index) {
            long inOrder = readEnd;
            boolean hasGrown = true;
            while (hasGrown) {
                hasGrown = false;
                for (Sent before : sent.subList(0, index)) {
                    if (before.from <= inOrder && before.to > inOrder) {
                        inOrder = before.to;
                        hasGrown = true;
                    }
                }
            }
            return sent.get(index).from > inOrder;
        }

        private boolean differs(int one, int other, int from, int to) {
            return !Arrays.equals(
                    Arrays.copyOfRange(versions[one], from, to), Arrays.copyOfRange(versions[other], from, to));
        }

        private static byte[] packet(Delivered frame) {
            byte[] bytes = frame.bytes().toByteArray();
            return Arrays.copyOfRange(bytes, 6, bytes.length - 2);
        }
    }

    /** A stream with the same beginning in all versions, up to and with the cut frame's head. */
    private static byte[] bytesOf(int version, Bytes kind) {
        ServerStream stream = new ServerStream(FORMAT);
        int number = 0;
        while (stream.end() < FRAMES * FRAME_BYTES) {
            boolean isCommon = stream.frames() <= FRAMES_BEFORE || kind != Bytes.OF_OTHER_FRAMES;
            int wanted = isCommon ? FRAME_BYTES : FRAME_BYTES - 6 * version;
            boolean isSame = stream.frames() < FRAMES_BEFORE;
            stream.datagram(number++, filling(wanted, isSame ? 0 : version));
        }
        return stream.slice(0, FRAMES * FRAME_BYTES);
    }

    private static byte[] filling(int frameBytes, int version) {
        int overhead = 8 + 20 + 8 + Integer.BYTES; // frame, IPv4 and UDP headers, the number
        byte[] filling = new byte[frameBytes - overhead];
        Arrays.fill(filling, (byte) (0x30 + version));
        return filling;
    }

    /** The frames of what the kernel has delivered, by the decoder alone. */
    private static List<Delivered> decoded(ByteBuf kernelBytes) {
        List<Delivered> frames = new ArrayList<>();
        try (FrameDecoder decoder = new FrameDecoder(FORMAT)) {
            decoder.decode(kernelBytes.duplicate(), new FrameHandler() {
                @Override
                public void onFrame(FrameView frame) {
                    frames.add(Delivered.of(frame));
                }

                @Override
                public void onBadFrame(BadFrame reason, long offset) {}

                @Override
                public void onSkipped(long fromOffset, long toOffset) {}
            });
        }
        return frames;
    }
}
