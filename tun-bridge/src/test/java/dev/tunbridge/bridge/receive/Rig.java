package dev.tunbridge.bridge.receive;

import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** A receive path with everything real around it but the sockets: the test is the wire and the kernel. */
final class Rig implements AutoCloseable {
    static final FourTuple PATH = new FourTuple(
            new InetSocketAddress(InnerTraffic.address("198.18.0.2"), 40_000),
            new InetSocketAddress(InnerTraffic.address("198.18.0.1"), 7_000));
    /** Streams pass 2³² soon. */
    static final int INITIAL = 0xffff_ff80;

    private static final int ACKNOWLEDGED = 1;
    private static final TunOptions PLAIN = new TunOptions("tun0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF);

    /** A frame that was delivered. */
    record Delivery(DeliveryObserver.Lane lane, BoundaryGrade grade, long start, long end, int type, String content) {}

    final List<Delivery> deliveries = new ArrayList<>();
    /** Frames that the kernel lane has come to, delivered or swallowed. */
    final List<Delivery> reached = new ArrayList<>();

    final List<Delivery> swallowed = new ArrayList<>();
    final ReceiveCounters counters = new ReceiveCounters();
    final MemoryTunDevice device = new MemoryTunDevice(PLAIN);
    final ReceivePath path;

    private final Downlink downlink;
    private final CapturedSegment flyweight = new CapturedSegment();
    private final ByteBuf unread = Unpooled.buffer();
    long nowNanos = 1_000_000_000L;

    Rig(FrameFormat format, RecoveryOptions options) {
        downlink = new Downlink(device, new FlowTable(256), new Refusals());
        TunnelFilter filter = new TunnelFilter(InnerTraffic.DEVICE, PATH.remote(), List.of(), List.of());
        downlink.connect(new Downlink.Route(Carriage.PACKET, filter));
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        path = new ReceivePath(
                format, codec, Prelude.none(codec), downlink, new FromKernel(), counters, new Observer());
        path.addRawLane(PATH, options, KernelView.NOTHING, new Latches(), UnpooledByteBufAllocator.DEFAULT, nowNanos);
    }

    /** The capture sees the server's SYN-ACK. */
    Rig connect() {
        onSegment(packet(-1, TcpView.SYN | TcpView.ACK, new byte[0], 0, 0));
        return this;
    }

    /** The capture sees these bytes of the stream. */
    void captured(byte[] stream, int from, int to) {
        onSegment(packet(from, TcpView.ACK, stream, from, to - from));
    }

    void onSegment(ByteBuf packet) {
        int length = packet.readableBytes();
        path.onSegment(flyweight.wrap(packet, packet.readerIndex(), length, length, nowNanos));
    }

    /** A segment of the server, its checksums right. */
    static ByteBuf packet(long offset, int flags, byte[] bytes, int from, int length) {
        ByteBuf out = Unpooled.buffer().writeZero(Ipv4Header.BYTES);
        out.writeShort(PATH.remote().getPort()).writeShort(PATH.local().getPort());
        out.writeInt((int) (INITIAL + 1L + offset)).writeInt(ACKNOWLEDGED);
        out.writeByte((TcpView.HEADER_BYTES / 4) << 4).writeByte(flags).writeShort(500);
        out.writeInt(0).writeBytes(bytes, from, length);
        int tcpLength = TcpView.HEADER_BYTES + length;
        ByteBuf addresses = Unpooled.wrappedBuffer(
                PATH.remote().getAddress().getAddress(),
                PATH.local().getAddress().getAddress());
        Ipv4Header.write(out, 0, 0, tcpLength, 6, 64, addresses, 0, 4);
        long sum = InternetChecksum.sum(out, Ipv4Header.BYTES, tcpLength)
                + InternetChecksum.pseudoHeader(addresses, 0, 4, 4, 6, tcpLength);
        out.setShort(Ipv4Header.BYTES + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
        return out;
    }

    /** The kernel delivers the stream up to here. */
    void received(byte[] stream, int to) {
        if (to == path.position()) {
            return;
        }
        int from = (int) path.position();
        unread.writeBytes(stream, from, to - from);
        path.received(unread, nowNanos);
    }

    /** Ends a turn. */
    void settle() {
        path.settle(nowNanos);
        unread.discardReadBytes(); // until now packets pointed into them
    }

    /** The packets that the device got since the last call, in hexadecimal. */
    List<String> packets() {
        return device.takeWritten().stream().map(ByteBufUtil::hexDump).toList();
    }

    RecoveryCounters recovery() {
        return counters.recovery();
    }

    LaneState state() {
        return path.state(nowNanos);
    }

    @Override
    public void close() {
        path.close();
        downlink.release();
        device.close();
    }

    private final class Observer implements DeliveryObserver {
        @Override
        public void onFrame(Lane lane, BoundaryGrade grade, FrameView frame, long wholeNanos, long nowNanos) {
            Delivery delivery = delivery(lane, grade, frame);
            deliveries.add(delivery);
            if (lane == Lane.KERNEL) {
                reached.add(delivery);
            }
        }

        @Override
        public void onSwallowed(FrameView frame, long nowNanos) {
            Delivery delivery = delivery(Lane.KERNEL, BoundaryGrade.PROVEN, frame);
            swallowed.add(delivery);
            reached.add(delivery);
        }

        private Delivery delivery(Lane lane, BoundaryGrade grade, FrameView frame) {
            String content = ByteBufUtil.hexDump(frame.buffer(), frame.contentIndex(), frame.contentLength());
            return new Delivery(lane, grade, frame.startOffset(), frame.endOffset(), frame.type(), content);
        }
    }

    private final class FromKernel implements MessageHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            downlink.packet(buffer, index, length, nowNanos);
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            downlink.segment(
                    ipProtocol,
                    buffer,
                    clientAddressIndex,
                    deviceAddressIndex,
                    addressBytes,
                    segmentIndex,
                    segmentLength,
                    nowNanos);
        }

        @Override
        public void onMessage(Message message) {}

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {}

        @Override
        public void onUnknownType(int type) {}
    }
}
