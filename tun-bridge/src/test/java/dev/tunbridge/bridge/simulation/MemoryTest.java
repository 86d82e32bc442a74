package dev.tunbridge.bridge.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.Settings;
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
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.KernelView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Behind a hole that stays open, with as much as may be held, and everything remembered that may be remembered. */
class MemoryTest {
    private static final long MEGABYTE = 1 << 20;
    private static final long MOST_BYTES = 16 * MEGABYTE;
    private static final int SEGMENT_BYTES = 1_400;
    private static final int PAYLOAD_BYTES = 60;
    /** While held bytes move to a buffer twice as long both are there. */
    private static final double MOVING = 1.5;

    /** Held here and nowhere else while it is measured. */
    private @Nullable Side receiving;

    /** Is there with the receive side and without. */
    private List<Object> kept = List.of();

    static Stream<Arguments> cases() {
        return FrameFormat.builtinNames().stream()
                .filter(name -> FrameFormat.builtin(name).type("packet").isPresent())
                .flatMap(format -> Stream.of(Arguments.of(format, false), Arguments.of(format, true)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theReceiveSideFitsIntoSixteenMegabytes(String formatName, boolean hasGaps) {
        FrameFormat format = FrameFormat.builtin(formatName);
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        InnerPackets packets = new InnerPackets(4);
        RecoveryOptions options = RecoveryOptions.DEFAULT;
        ByteBuf stream = Unpooled.buffer(options.heldBytes() + (1 << 16));
        FramePort port = new FramePort(Carriage.PACKET, packets, new FrameEncoder(format), codec);
        InnerFlow known = new InnerFlow(0, Message.UDP, 0, 5_000, 80);
        port.packet(known, packets.udp(known, new byte[PAYLOAD_BYTES], false), stream);
        int heard = stream.writerIndex();
        port.packet(known, packets.udp(known, new byte[PAYLOAD_BYTES], false), stream);
        int lost = stream.writerIndex();
        for (int i = 0; stream.writerIndex() < heard + options.heldBytes() - 2 * SEGMENT_BYTES; i++) {
            // Half goes early and is remembered, half waits for flows that nobody has seen.
            InnerFlow flow = i % 2 == 0 ? known : new InnerFlow(1, Message.UDP, 1, 1_024 + i % 60_000, 80);
            port.packet(flow, packets.udp(flow, new byte[PAYLOAD_BYTES], false), stream);
        }
        port.close();
        OuterWire wire = new OuterWire(new Scenario.Outer(4, -1_000, 77, 1_460, false, true, 0, 0, 1));
        TunnelFilter filter = new TunnelFilter(packets.device(), wire.path().remote(), List.of(), List.of());
        MemoryTunDevice device =
                new MemoryTunDevice(new TunOptions("tun0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF));

        long directBefore = usedDirect();
        kept = List.of(stream, packets, wire);
        RecoveryCounters recovery =
                feed(new Side(format, codec, device, filter, wire), device, wire, stream, heard, lost, hasGaps);
        assertThat(recovery.overCap()).isZero();
        assertThat(recovery.heldPeakBytes()).isGreaterThan(options.heldBytes() * 9L / 10);
        assertThat(recovery.memoryPeakBytes()).isEqualTo(options.heldBytes());
        assertThat(recovery.earlyFrames()).isPositive();

        long direct = usedDirect() - directBefore;
        long heap = heapOfReceiveSide();
        device.close();
        assertThat(heap + (long) (MOVING * direct))
                .as(
                        "%d kB of heap and %d kB outside, %d frames early, %d put off",
                        heap / 1_024, direct / 1_024, recovery.earlyFrames(), recovery.putOff())
                .isGreaterThan(options.heldBytes())
                .isLessThanOrEqualTo(MOST_BYTES);
    }

    private RecoveryCounters feed(
            Side side, MemoryTunDevice device, OuterWire wire, ByteBuf stream, int heard, int lost, boolean hasGaps) {
        receiving = side;
        CapturedSegment flyweight = new CapturedSegment();
        show(side.path, flyweight, wire.synAck(0, 0));
        side.path.received(stream.duplicate().setIndex(0, heard), 0);
        side.path.settle(0);
        int segment = 0;
        for (int at = lost; at + SEGMENT_BYTES <= stream.writerIndex(); at += SEGMENT_BYTES) {
            if (!hasGaps || ++segment % 3 != 0) {
                show(side.path, flyweight, wire.segment(stream.array(), at, SEGMENT_BYTES, 0, 0, 0, false));
                side.path.settle(0);
                device.takeWritten();
            }
        }
        return side.counters.recovery();
    }

    private long heapOfReceiveSide() {
        long with = usedHeap();
        if (receiving != null) {
            receiving.close();
        }
        receiving = null;
        assertThat(kept).hasSize(3);
        return with - usedHeap();
    }

    /** All that receiving takes, from the raw lane to the flows. */
    private static final class Side {
        private final ReceiveCounters counters = new ReceiveCounters();
        private final Downlink downlink;
        private final ReceivePath path;

        Side(FrameFormat format, MessageCodec codec, MemoryTunDevice device, TunnelFilter filter, OuterWire wire) {
            FlowTable flows = new FlowTable(Settings.FLOWS_MAX.parse(Settings.FLOWS_MAX.defaultValue()));
            downlink = new Downlink(device, flows, new Refusals());
            downlink.connect(new Downlink.Route(Carriage.PACKET, filter));
            path = new ReceivePath(
                    format,
                    codec,
                    Prelude.none(codec),
                    downlink,
                    new ToDownlink(downlink),
                    counters,
                    DeliveryObserver.NONE);
            path.addRawLane(
                    wire.path(),
                    RecoveryOptions.DEFAULT,
                    KernelView.NOTHING,
                    new Latches(),
                    UnpooledByteBufAllocator.DEFAULT,
                    0);
        }

        void close() {
            path.close();
            downlink.release();
        }
    }

    private static void show(ReceivePath path, CapturedSegment flyweight, WireSegment segment) {
        byte[] packet = segment.packet();
        path.onSegment(flyweight.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length, packet.length, 0));
    }

    private static long usedDirect() {
        return UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }

    /** The serial collector leaves some of the dead lying, but every fourth time (MarkSweepAlwaysCompactCount). */
    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
