package dev.tunbridge.bridge.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.bridge.receive.Rig.Delivery;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameProbe;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A client writes frames of the outer format into its payload: with packets of its own and of others, in chains that end exactly where
 * the true frame does, in frames that begin in one of its packets and end in the next. The hole lies at every place, and segments begin
 * and end where it suits the client best.
 */
class EmbeddedFramesTest {
    private static final int MALLORY = 9;
    private static final int MALLORYS_PORT = 6_666;
    private static final int ALICE = 1;
    private static final int ALICES_PORT = 1_111;
    private static final int BOB = 2;
    private static final int BOBS_PORT = 2_222;
    private static final int BOBS_NEXT = 0x7fff_fff0;
    private static final int NOBODY = 7;

    private static final String SMALL = """
            name: small
            frame:
              %s
              header: [{name: type, at: %d, size: 1}]
              length: {at: %d, size: 2, max: 250}
              payload: {at: %d}
              %s
            resync: {boundaries: found}
            types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 16, packet: 32}
            """;

    private static final int CHECKSUM_AT = 26; // of UDP in IPv4
    private static final int FILL = 6;
    private static final int TRIES = 400_000;
    private static final int PACKET = 32;
    private static final int APP = 16;

    private static FrameFormat format(String name) {
        return switch (name) {
            case "summed" ->
                FrameFormat.parse(
                        SMALL.formatted(
                                "sync: {bytes: \"A5 5A\"}",
                                2,
                                3,
                                5,
                                "check: {algorithm: sum, size: 1, from: 2, to: payload-end, at: payload-end}"),
                        name);
            case "sync-alone" ->
                FrameFormat.parse(SMALL.formatted("sync: {bytes: \"A5 5A 3C C3\"}", 4, 5, 7, ""), name);
            case "bare" -> FrameFormat.parse(SMALL.formatted("", 0, 1, 3, ""), name);
            default -> FrameFormat.builtin(name);
        };
    }

    /** A true stream, and the places in it that a client would like segments to begin and end at. */
    private static final class Stream {
        private final FrameFormat format;
        private final FrameEncoder encoder;
        private final FrameProbe probe;
        private final ByteBuf out = Unpooled.buffer();
        final NavigableSet<Integer> boundaries = new TreeSet<>(Set.of(0));
        final NavigableSet<Integer> wished = new TreeSet<>();
        final List<String> packets = new ArrayList<>();
        int shownTo;
        int chainsThatEndRight;
        int framesAcross;

        Stream(FrameFormat format, Random random) {
            this.format = format;
            encoder = new FrameEncoder(format);
            probe = new FrameProbe(format);
            // The kernel lane gets to know Alice, Bob and Mallory.
            add(InnerTraffic.udp(ALICE, ALICES_PORT, (byte) 1));
            add(InnerTraffic.tcp(BOB, BOBS_PORT, BOBS_NEXT - 1, TcpView.ACK, (byte) 2));
            add(InnerTraffic.udp(MALLORY, MALLORYS_PORT, (byte) 3));
            shownTo = out.writerIndex();
            for (int i = 0; i < 3; i++) {
                mallory(evil(0), evil(1), evil(2));
                if (format.escape() == Escape.NONE && (i == 0 || format.overheadBytes() - format.payloadAt() < 2)) {
                    chainThatEndsWithTheFrame(random); // against 16 bits of check once is enough
                }
                add(InnerTraffic.tcp(BOB, BOBS_PORT, BOBS_NEXT + 10 * i, TcpView.ACK, new byte[10]));
                if (format.escape() == Escape.NONE) {
                    frameAcrossTwoPackets(i);
                }
                mallory(evil(3), evil(4), evil(5));
                add(InnerTraffic.udp(ALICE, ALICES_PORT, new byte[] {4, (byte) i}));
            }
            encoder.close();
            probe.close();
        }

        byte[] bytes() {
            return ByteBufUtil.getBytes(out);
        }

        private void add(byte[] packet) {
            encoder.encode(out, PACKET, Unpooled.wrappedBuffer(packet));
            boundaries.add(out.writerIndex());
            packets.add(ByteBufUtil.hexDump(packet));
        }

        private int payloadAt() {
            int inner = 28; // IPv4 and UDP
            return out.writerIndex()
                    + format.payloadAt()
                    + inner
                    + (format.escape().name().equals("NONE") ? 0 : 1);
        }

        /** Frames that a client can have in its payload. */
        private byte[] evil(int kind) {
            byte[] forged = {'e', 'v', 'i', 'l'};
            return switch (kind) {
                case 0 -> frame(PACKET, InnerTraffic.udp(NOBODY, 777, forged));
                case 1 -> frame(PACKET, InnerTraffic.tcp(NOBODY, 777, 1, TcpView.SYN));
                case 2 -> frame(APP, forged);
                case 3 -> frame(PACKET, InnerTraffic.udp(ALICE, ALICES_PORT, forged));
                case 4 -> frame(PACKET, InnerTraffic.tcp(BOB, BOBS_PORT, BOBS_NEXT, TcpView.ACK, forged));
                default -> frame(PACKET, InnerTraffic.tcp(BOB, BOBS_PORT, BOBS_NEXT, TcpView.RST | TcpView.ACK));
            };
        }

        private byte[] frame(int type, byte[] payload) {
            ByteBuf frame = Unpooled.buffer();
            try (FrameEncoder own = new FrameEncoder(format)) {
                own.encode(frame, type, Unpooled.wrappedBuffer(payload));
            }
            return ByteBufUtil.getBytes(frame);
        }

        private void mallory(byte[]... frames) {
            int at = payloadAt();
            for (byte[] frame : frames) {
                wished.add(at);
                at += frame.length;
            }
            wished.add(at);
            add(InnerTraffic.udp(MALLORY, MALLORYS_PORT, ByteBufUtil.getBytes(Unpooled.wrappedBuffer(frames))));
        }

        /** What the stream would be with this packet next. */
        private ByteBuf with(byte[] packet) {
            ByteBuf next = Unpooled.buffer().writeBytes(out, 0, out.writerIndex());
            try (FrameEncoder own = new FrameEncoder(format)) {
                own.begin(next, PACKET).writeBytes(packet);
                if (format.fieldIndex("sequence").isPresent()) {
                    own.setField(format.fieldIndex("sequence").getAsInt(), packets.size());
                }
                own.end();
            }
            return next;
        }

        /** The last frame in the payload takes the tail of the true one for its own, and is valid with it. */
        private void chainThatEndsWithTheFrame(Random random) {
            byte[] first = evil(3);
            byte[] header = Arrays.copyOf(frame(APP, new byte[FILL]), format.payloadAt());
            int at = payloadAt() + first.length;
            for (int i = 0; i < TRIES; i++) {
                byte[] filling = new byte[FILL];
                random.nextBytes(filling);
                byte[] payload = ByteBufUtil.getBytes(Unpooled.wrappedBuffer(first, header, filling));
                byte[] packet = InnerTraffic.udp(MALLORY, MALLORYS_PORT, payload);
                ByteBuf trial = with(packet);
                if (probe.probe(trial, at, trial.writerIndex()) == trial.writerIndex() - at) {
                    wished.add(at - first.length);
                    wished.add(at);
                    add(packet);
                    chainsThatEndRight++;
                    return;
                }
            }
            mallory(first);
        }

        /** A frame begins in one packet of the client, and ends in the next; another chain goes on from there. */
        private void frameAcrossTwoPackets(int i) {
            int from = payloadAt() + 20;
            byte[] first = new byte[20 + format.payloadAt()];
            int covered = 100;
            byte[] whole = frame(PACKET, new byte[covered]);
            System.arraycopy(whole, 0, first, 20, format.payloadAt());
            wished.add(from);
            add(InnerTraffic.udp(MALLORY, MALLORYS_PORT, first));
            int end = from + whole.length;
            int tail = whole.length - covered - format.payloadAt();
            byte[] second = new byte[end - payloadAt()];
            byte[] follow = evil(i % 2 == 0 ? 3 : 0);
            byte[] payload = ByteBufUtil.getBytes(Unpooled.wrappedBuffer(second, new byte[2], follow));
            byte[] packet = InnerTraffic.udp(MALLORY, MALLORYS_PORT, payload);
            // The check covers the checksum of the second packet, which covers the check: two bytes more keep the
            // checksum as it was.
            byte[] between = ByteBufUtil.getBytes(with(packet), from + format.payloadAt(), covered);
            byte[] checked = frame(PACKET, between);
            System.arraycopy(checked, checked.length - tail, payload, second.length - tail, tail);
            for (int word = 0; word <= 0xffff; word++) {
                payload[second.length] = (byte) (word >>> 8);
                payload[second.length + 1] = (byte) word;
                byte[] trial = InnerTraffic.udp(MALLORY, MALLORYS_PORT, payload);
                if (trial[CHECKSUM_AT] == packet[CHECKSUM_AT] && trial[CHECKSUM_AT + 1] == packet[CHECKSUM_AT + 1]) {
                    packet = trial;
                    break;
                }
            }
            ByteBuf next = with(packet);
            if (probe.probe(next, from, next.writerIndex()) == whole.length) {
                framesAcross++;
            }
            wished.add(end);
            wished.add(end + 2);
            wished.add(end + 2 + follow.length);
            add(packet);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "summed, PROVEN", "summed, ANCHORED", "summed, FOUND",
        "sync-alone, PROVEN", "sync-alone, ANCHORED", "sync-alone, FOUND",
        "plain-le, PROVEN", "reference, PROVEN", "reference, ANCHORED",
        "hdlc, PROVEN", "hdlc, ANCHORED", "bare, ANCHORED",
    })
    void goNowhereButIntoKnownFlows(String name, BoundaryGrade lowest) {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        FrameFormat format = format(name);
        Stream stream = new Stream(format, random);
        byte[] bytes = stream.bytes();
        if (format.escape() == Escape.NONE) {
            assertThat(stream.chainsThatEndRight).isPositive();
            assertThat(stream.framesAcross).isEqualTo(3);
        }
        Totals totals = new Totals();
        for (int hole = stream.shownTo; hole < bytes.length; hole++) {
            String what = name + " " + lowest + " seed " + seed + " hole at " + hole;
            run(format, lowest, stream, bytes, hole, segments(stream, bytes, hole, random), totals, what);
        }
        assertThat(totals.trueEarly).as("%s: frames do go early", name).isPositive();
        if (lowest != BoundaryGrade.PROVEN && !name.equals("hdlc")) {
            assertThat(totals.falseOffered)
                    .as("%s: the attempts are seen", name)
                    .isPositive();
            assertThat(totals.falseEarly)
                    .as("%s: some succeed, into flows that are known", name)
                    .isPositive();
        }
    }

    private static final class Totals {
        int trueEarly;
        int falseEarly;
        long falseOffered;
    }

    /** Ends of the segments behind a hole; the first start is a place that the client likes, if one is near. */
    private static List<int[]> segments(Stream stream, byte[] bytes, int hole, Random random) {
        Integer wish = stream.wished.higher(hole);
        int at = wish != null && wish < hole + 600 && random.nextInt(4) > 0 ? wish : hole + 1 + random.nextInt(50);
        List<int[]> segments = new ArrayList<>();
        while (at < bytes.length) {
            Integer end = random.nextBoolean() ? stream.wished.higher(at) : stream.boundaries.higher(at);
            int to = end == null || random.nextInt(4) == 0 ? Math.min(bytes.length, at + 1 + random.nextInt(700)) : end;
            segments.add(new int[] {at, to});
            at = to;
            if (random.nextInt(12) == 0) { // another hole
                Integer next = stream.wished.higher(at);
                at = next == null ? bytes.length : next;
            }
        }
        return segments;
    }

    private static void run(
            FrameFormat format,
            BoundaryGrade lowest,
            Stream stream,
            byte[] bytes,
            int hole,
            List<int[]> segments,
            Totals totals,
            String what) {
        RecoveryOptions options = new RecoveryOptions(true, lowest, 1 << 16, 512, false);
        try (Rig rig = new Rig(format, options).connect()) {
            rig.captured(bytes, 0, hole);
            rig.received(bytes, hole);
            rig.settle();
            Set<String> known = flows(rig.packets());
            for (int[] segment : segments) {
                rig.captured(bytes, segment[0], segment[1]);
                rig.settle();
            }
            int inOrder = rig.deliveries.size();
            List<Delivery> early =
                    rig.deliveries.stream().filter(d -> d.lane() == Lane.EARLY).toList();
            List<Delivery> lies = early.stream().filter(d -> !isTrue(stream, d)).toList();
            assertThat(lies).as("from a proven boundary: %s", what).noneMatch(d -> d.grade() == BoundaryGrade.PROVEN);
            assertThat(early).as("only packets go early: %s", what).allMatch(d -> d.type() == PACKET);
            List<String> sent = new ArrayList<>(rig.packets());
            assertThat(known)
                    .as("only flows that the kernel lane has shown: %s", what)
                    .containsAll(flows(likely(sent, early)));
            totals.trueEarly += early.size() - lies.size();
            totals.falseEarly += lies.size();
            totals.falseOffered +=
                    lies.size() + rig.recovery().refused() + rig.recovery().putOff();
            reconcile(rig, stream, bytes, lies, what);
            List<String> expected = new ArrayList<>(stream.packets);
            List<String> got = new ArrayList<>(sent);
            got.addAll(rig.packets());
            assertThat(inOrder).as(what).isPositive();
            compare(expected, got, hole, stream, lies.size(), what);
        }
    }

    /** The packets that went early from boundaries that are only likely. */
    private static List<String> likely(List<String> sent, List<Delivery> early) {
        assertThat(sent).hasSize(early.size());
        List<String> likely = new ArrayList<>();
        for (int i = 0; i < early.size(); i++) {
            if (early.get(i).grade() != BoundaryGrade.PROVEN) {
                likely.add(sent.get(i));
            }
        }
        return likely;
    }

    private static boolean isTrue(Stream stream, Delivery delivery) {
        Integer next = stream.boundaries.higher((int) delivery.start());
        Integer own = stream.boundaries.floor((int) delivery.start());
        // Marks that open a frame lie between the boundary and the first byte of content.
        return own != null && next != null && delivery.start() - own <= 1 && next == delivery.end();
    }

    private static Set<String> flows(List<String> packets) {
        Set<String> flows = new HashSet<>();
        for (String packet : packets) {
            InnerPacket view = Packets.view(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(packet)));
            flows.add(view.protocol() + " " + view.sourceLow() + " " + view.sourcePort());
        }
        return flows;
    }

    /** The kernel has everything: each lie is found out and counted, and has its consequence. */
    private static void reconcile(Rig rig, Stream stream, byte[] bytes, List<Delivery> lies, String what) {
        rig.received(bytes, bytes.length);
        rig.settle();
        assertThat(rig.recovery().mismatchedBytes()).as(what).isZero();
        assertThat(rig.recovery().mismatchedBoundaries()).as(what).isEqualTo(lies.size());
        assertThat(rig.recovery().contradictions()).as(what).isZero();
        assertThat(rig.state()).as(what).isEqualTo(lies.isEmpty() ? LaneState.ACTIVE : LaneState.PROVEN_ONLY);
        List<Long> ends = new ArrayList<>();
        Map<Long, Integer> times = new HashMap<>();
        for (Delivery delivery : rig.deliveries) {
            if (isTrue(stream, delivery)) {
                times.merge(delivery.end(), 1, Integer::sum);
            }
        }
        stream.boundaries.tailSet(1).forEach(end -> ends.add((long) end));
        assertThat(times).as("each frame once: %s", what).containsOnlyKeys(ends);
        assertThat(times.values()).as("each frame once: %s", what).allMatch(count -> count == 1);
    }

    private static void compare(
            List<String> expected, List<String> got, int hole, Stream stream, int lies, String what) {
        List<String> rest = new ArrayList<>(got);
        int before = stream.boundaries.headSet(hole, true).size() - 1;
        for (String packet : expected.subList(before, expected.size())) {
            assertThat(rest.remove(packet)).as("a packet is missing: %s", what).isTrue();
        }
        assertThat(rest).as("more than the true packets and the lies: %s", what).hasSize(lies);
    }
}
