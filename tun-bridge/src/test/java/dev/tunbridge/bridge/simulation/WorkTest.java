package dev.tunbridge.bridge.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.receive.DeliveryObserver;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.bridge.receive.ReceivePath;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.Resync;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Behind one hole that never closes, four times the bytes take four times the work, whatever they are and however they come: who can
 * choose both must not be able to make the loop stand still.
 */
class WorkTest {
    private static final int FRAMES = 250;
    private static final int TIMES = 4;
    /** What does not grow, and how often the bytes are looked at, may differ a little. */
    private static final double SLACK = 1.5;
    /** Each byte is looked at twice by most, and four times where frames in payloads make every boundary doubtful. */
    private static final int MOST_LOOKS = 10;

    private static final int SEGMENT_BYTES = 1_400;
    private static final int PIECE_BYTES = 16;

    /** The formats that come with the bridge; those that can be scanned let also those frames go that are merely found. */
    private static final Map<String, FrameFormat> FORMATS = formats();

    private enum Traffic {
        /** Datagrams of a flow that the kernel lane has shown. */
        KNOWN,
        /** Every second datagram is of a flow that nobody has seen. */
        UNKNOWN,
        /** Every second packet would leave a hole in its flow. */
        WAITING,
        /** Payloads full of frames. */
        EMBEDDED
    }

    private enum Arrival {
        RISING,
        FALLING,
        /** Every third segment is lost. */
        GAPS,
        TWICE,
        /** Before the kernel lane has read what comes before the hole, which it then does in small pieces. */
        BEFORE_READING
    }

    private enum Cut {
        /** A segment for each frame. */
        FRAMES,
        /** Full segments, across frames. */
        BYTES
    }

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (String format : FORMATS.keySet()) {
            for (BoundaryGrade grade : BoundaryGrade.values()) {
                for (Traffic traffic : Traffic.values()) {
                    for (Arrival arrival : Arrival.values()) {
                        for (Cut cut : Cut.values()) {
                            cases.add(Arguments.of(format, grade, traffic, arrival, cut));
                        }
                    }
                }
            }
        }
        return cases.stream();
    }

    private static Map<String, FrameFormat> formats() {
        Map<String, FrameFormat> formats = new TreeMap<>();
        for (String name : FrameFormat.builtinNames()) {
            FrameFormat f = FrameFormat.builtin(name);
            if (f.type("app").isEmpty()) {
                continue; // its traffic is the reference protocol's
            }
            Resync resync = f.canResynchronise()
                    ? new Resync(BoundaryGrade.FOUND, f.resync().maxScanBytes())
                    : f.resync();
            formats.put(
                    name,
                    new FrameFormat(
                            name,
                            f.sync(),
                            f.fields(),
                            f.length(),
                            f.payloadAt(),
                            f.maxPayloadBytes(),
                            f.check(),
                            f.trailer(),
                            f.escape(),
                            resync,
                            f.types(),
                            f.keepAliveEveryNanos(),
                            f.deadAfterNanos()));
        }
        return formats;
    }

    private static FrameFormat format(String name) {
        return Objects.requireNonNull(FORMATS.get(name));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void growsAsTheBytesDo(String format, BoundaryGrade grade, Traffic traffic, Arrival arrival, Cut cut) {
        Work little = work(format, grade, traffic, arrival, cut, FRAMES);
        Work much = work(format, grade, traffic, arrival, cut, TIMES * FRAMES);
        long fixed = 20L * format(format).maxFrameBytes();
        assertThat((double) much.probedBytes())
                .as("bytes looked at for %d frames; for %d it was %s", TIMES * FRAMES, FRAMES, little)
                .isLessThanOrEqualTo(SLACK * TIMES * little.probedBytes() + fixed)
                .isLessThanOrEqualTo(MOST_LOOKS * much.streamBytes());
    }

    /** How much was looked at, of how much. */
    private record Work(long probedBytes, double streamBytes) {}

    private static Work work(
            String formatName, BoundaryGrade grade, Traffic traffic, Arrival arrival, Cut cut, int frames) {
        Dice dice = new Dice(1);
        FrameFormat format = format(formatName);
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        InnerPackets packets = new InnerPackets(4);
        FramePort port = new FramePort(Carriage.PACKET, packets, new FrameEncoder(format), codec);
        EmbeddedFrames embedded = new EmbeddedFrames(dice.split(), Carriage.PACKET, packets, format, codec);
        ByteBuf stream = Unpooled.buffer();
        List<Integer> cuts = new ArrayList<>();
        InnerFlow known = new InnerFlow(0, Message.UDP, 0, 5_000, 80);
        InnerFlow waiting = new InnerFlow(1, Message.TCP, 1, 5_001, 80);
        port.packet(known, packets.udp(known, new byte[100], false), stream);
        port.packet(waiting, tcp(packets, waiting, 1_000, 100, dice), stream);
        int heard = stream.writerIndex();
        for (int i = 0; arrival == Arrival.BEFORE_READING && i < frames; i++) {
            port.packet(known, packets.udp(known, new byte[20], false), stream);
        }
        int before = stream.writerIndex();
        port.packet(known, packets.udp(known, new byte[200], false), stream);
        int lost = stream.writerIndex();
        for (int i = 0; i < frames; i++) {
            cuts.add(stream.writerIndex());
            boolean isSecond = i % 2 == 1;
            if (traffic == Traffic.WAITING && isSecond) {
                port.packet(waiting, tcp(packets, waiting, 1_200 + 100 * i, 100, dice), stream);
            } else {
                InnerFlow flow = traffic == Traffic.UNKNOWN && isSecond
                        ? new InnerFlow(2, Message.UDP, 2, 6_000 + i, 80)
                        : known;
                byte[] payload = new byte[traffic == Traffic.EMBEDDED ? 1_200 : 150];
                dice.fill(payload, 0, payload.length);
                if (traffic == Traffic.EMBEDDED) {
                    embedded.spoil(payload, List.of(known));
                }
                port.packet(flow, packets.udp(flow, payload, false), stream);
            }
        }
        if (cut == Cut.BYTES) {
            cuts.clear();
            for (int at = lost + 77; at < stream.writerIndex(); at += SEGMENT_BYTES) {
                cuts.add(at);
            }
        }
        cuts.add(stream.writerIndex());
        port.close();
        embedded.close();
        long probedBytes =
                play(format, codec, grade, stream, heard, before, segments(cuts, arrival, format.maxFrameBytes()));
        return new Work(probedBytes, stream.writerIndex());
    }

    private static byte[] tcp(InnerPackets packets, InnerFlow flow, int sequence, int length, Dice dice) {
        byte[] payload = new byte[length];
        dice.fill(payload, 0, length);
        return packets.tcp(flow, sequence, 1, TcpView.ACK, 1_000, new byte[0], payload);
    }

    /** Start and end of each segment that arrives, in the order of arrival. */
    private static List<int[]> segments(List<Integer> cuts, Arrival arrival, int maxFrameBytes) {
        List<int[]> segments = new ArrayList<>();
        for (int i = 0; i + 1 < cuts.size(); i++) {
            int[] segment = {cuts.get(i), cuts.get(i + 1)};
            // Just enough in front of the second hole to prove something.
            boolean isSecondHole = cuts.get(i) - cuts.get(0) >= maxFrameBytes
                    && cuts.get(i) - cuts.get(0) < maxFrameBytes + SEGMENT_BYTES;
            boolean isLost = arrival == Arrival.GAPS ? i % 3 == 2 : arrival == Arrival.BEFORE_READING && isSecondHole;
            if (!isLost) {
                segments.add(segment);
            }
            if (arrival == Arrival.TWICE) {
                segments.add(segment);
            }
        }
        if (arrival == Arrival.FALLING) {
            Collections.reverse(segments);
        }
        return segments;
    }

    private static long play(
            FrameFormat format,
            MessageCodec codec,
            BoundaryGrade grade,
            ByteBuf stream,
            int heard,
            int before,
            List<int[]> arriving) {
        OuterWire wire = new OuterWire(new Scenario.Outer(4, -1_000, 77, 1_460, false, true, 0, 0, 1));
        TunDeviceAndPath side = new TunDeviceAndPath(format, codec, grade, wire);
        try (ReceivePath path = side.path) {
            CapturedSegment flyweight = new CapturedSegment();
            show(path, flyweight, wire.synAck(0, 0));
            ByteBuf read = stream.duplicate().setIndex(0, heard);
            path.received(read, 0);
            path.settle(0);
            for (int[] segment : arriving) {
                show(
                        path,
                        flyweight,
                        wire.segment(stream.array(), segment[0], segment[1] - segment[0], 0, 0, 0, false));
                path.settle(0);
            }
            for (int at = heard; at < before; at += PIECE_BYTES) {
                path.received(read.writerIndex(Math.min(before, at + PIECE_BYTES)), 0);
                path.settle(0);
            }
            assertThat(side.counters.recovery().rejected()).isEmpty();
            assertThat(side.counters.recovery().overCap()).isZero();
            return side.counters.recovery().probedBytes();
        } finally {
            side.close();
        }
    }

    private static void show(ReceivePath path, CapturedSegment flyweight, WireSegment segment) {
        byte[] packet = segment.packet();
        path.onSegment(flyweight.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length, packet.length, 0));
    }

    /** The receive side, its route known from the start. */
    private static final class TunDeviceAndPath {
        private final MemoryTunDevice device =
                new MemoryTunDevice(new TunOptions("tun0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF));
        private final Downlink downlink = new Downlink(device, new FlowTable(4_096), new Refusals());
        private final ReceiveCounters counters = new ReceiveCounters();
        private final ReceivePath path;

        TunDeviceAndPath(FrameFormat format, MessageCodec codec, BoundaryGrade grade, OuterWire wire) {
            InnerPackets packets = new InnerPackets(4);
            TunnelFilter filter = new TunnelFilter(packets.device(), wire.path().remote(), List.of(), List.of());
            downlink.connect(new Downlink.Route(Carriage.PACKET, filter));
            path = new ReceivePath(
                    format,
                    codec,
                    Prelude.none(codec),
                    downlink,
                    new ToDownlink(downlink),
                    counters,
                    DeliveryObserver.NONE);
            RecoveryOptions options = RecoveryOptions.DEFAULT.boundaries(grade);
            path.addRawLane(
                    wire.path(), options, new SilentKernel(), new Latches(), UnpooledByteBufAllocator.DEFAULT, 0);
        }

        void close() {
            downlink.release();
            device.close();
        }
    }

    /** A kernel that cannot say anything, as an old one. */
    private static final class SilentKernel implements KernelView {
        @Override
        public void refresh() {}

        @Override
        public long ackedOffset() {
            return UNKNOWN;
        }

        @Override
        public long sentOffset() {
            return UNKNOWN;
        }

        @Override
        public long receiveWindowBytes() {
            return UNKNOWN;
        }

        @Override
        public long unreadBytes() {
            return UNKNOWN;
        }
    }
}
