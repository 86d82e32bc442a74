package dev.tunbridge.sim.rawlane;

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
import dev.tunbridge.bridge.tunnel.SocketView;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One connection's receive path on a real socket and a real capture, turned by hand, so that a test decides what comes together. It
 * writes down what the kernel gave, what was delivered by which lane, and what reached the device. One thread, in the namespace.
 */
final class LiveLane implements AutoCloseable {
    static final int NOTHING = 0;
    static final int EVERYTHING = 1 << 18;

    private static final int READ_BYTES = 64 * 1024;
    private static final int MAX_FLOWS = 16;
    private static final int HANDSHAKE_SEGMENTS = 1;

    private final RawServer server;
    private final CaptureRing ring;
    private final LinuxSocket socket;
    private final Latches latches = new Latches();
    private final ReceiveCounters counters = new ReceiveCounters();
    private final MemoryTunDevice device =
            new MemoryTunDevice(new TunOptions("none", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF));
    private final Downlink downlink = new Downlink(device, new FlowTable(MAX_FLOWS), new Refusals());
    private final ReceivePath path;
    private final ByteBuf unread = Unpooled.directBuffer(READ_BYTES);
    private final ByteBuf kernelBytes = Unpooled.buffer();
    private final List<Delivered> early = new ArrayList<>();
    private final List<Delivered> proven = new ArrayList<>();
    private final List<Delivered> inOrder = new ArrayList<>();
    private final List<Delivered> swallowed = new ArrayList<>();
    private long captured;

    /** A frame and where it lay in the stream. */
    record Delivered(long start, Octets bytes) {
        static Delivered of(FrameView frame) {
            return new Delivered(
                    frame.startOffset(), Octets.copyOf(frame.buffer(), frame.contentIndex(), frame.contentLength()));
        }

        long end() {
            return start + bytes.length();
        }
    }

    private LiveLane(RawServer server, CaptureRing ring, FourTuple tuple, FrameFormat format) throws IOException {
        this.server = server;
        this.ring = ring;
        downlink.connect(new Downlink.Route(
                Carriage.PACKET, new TunnelFilter(ServerStream.DEVICE, tuple.remote(), List.of(), List.of())));
        MessageCodec codec = Protocol.builtin("reference").messages().codec(format);
        path = new ReceivePath(format, codec, Prelude.none(codec), downlink, new ToDownlink(), counters, new Notes());
        Epoll.ensureAvailability(); // loads the native library of the sockets
        socket = LinuxSocket.newSocketStream(SocketProtocolFamily.INET);
        try {
            socket.setReuseAddress(true);
            socket.setSoLinger(0);
            socket.bind(tuple.local());
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Connects with the capture in place; the stream's first byte has the number after this one. */
    static LiveLane connect(
            RawServer server, CaptureRing ring, FourTuple tuple, FrameFormat format, int initialSequenceNumber)
            throws IOException {
        LiveLane lane = new LiveLane(server, ring, tuple, format);
        lane.addRawLane(tuple);
        lane.establish(tuple, initialSequenceNumber);
        lane.captureAll(0);
        return lane;
    }

    /** Connects, and captures only then. */
    static LiveLane connectLate(
            RawServer server, CaptureRing ring, FourTuple tuple, FrameFormat format, int initialSequenceNumber)
            throws IOException {
        LiveLane lane = new LiveLane(server, ring, tuple, format);
        lane.establish(tuple, initialSequenceNumber);
        while (ring.drain(segment -> {}, 1) == 0) {
            server.pump(); // the SYN-ACK passes unseen
        }
        lane.captured = HANDSHAKE_SEGMENTS;
        lane.addRawLane(tuple);
        return lane;
    }

    private void addRawLane(FourTuple tuple) {
        path.addRawLane(
                tuple,
                RecoveryOptions.DEFAULT,
                new SocketView(socket.intValue()),
                latches,
                PooledByteBufAllocator.DEFAULT,
                System.nanoTime());
    }

    private void establish(FourTuple tuple, int initialSequenceNumber) throws IOException {
        server.listen(initialSequenceNumber);
        socket.connect(tuple.remote());
        server.accept(initialSequenceNumber);
        server.await("connection", this::isConnected);
    }

    private boolean isConnected() {
        try {
            return socket.finishConnect();
        } catch (IOException e) {
            throw new IllegalStateException("cannot connect", e);
        }
    }

    /** Waits until so many segments have been captured since the handshake, and hands them over. */
    void captureAll(int segments) throws IOException {
        capture(HANDSHAKE_SEGMENTS + segments);
    }

    private void capture(int wanted) throws IOException {
        server.await(wanted + " captured segments", () -> {
            drain();
            return captured >= wanted;
        });
    }

    private void drain() {
        try {
            ring.drain(
                    segment -> {
                        captured++;
                        path.onSegment(segment);
                    },
                    Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new IllegalStateException("the capture has ended", e);
        }
    }

    /** Takes what the kernel has in order now. */
    void read() throws IOException {
        unread.discardReadBytes();
        int before = unread.writerIndex();
        int room = unread.capacity() - before;
        int length;
        try {
            length = socket.recvAddress(unread.memoryAddress(), before, before + room);
        } catch (Errors.NativeIoException e) {
            throw new IOException("reading the connection", e);
        }
        if (length > 0) {
            unread.writerIndex(before + length);
            kernelBytes.writeBytes(unread, before, length);
            path.received(unread, System.nanoTime());
        }
    }

    /** Ends the turn. */
    /** The capture rests. */
    void rest() {
        path.allowRest(() -> 0, System.nanoTime());
        long outOfOrder = path.outOfOrderSegments();
        assertThat(ring.rest()).isTrue();
        drain();
        path.rested(outOfOrder);
    }

    /** The capture sees nothing from now on, or again, and the lane is not told. */
    void blindfold(boolean isOn) throws IOException {
        if (isOn) {
            assertThat(ring.rest()).isTrue();
        } else {
            ring.wake();
        }
    }

    /** The capture wakes as soon as it must. */
    void awaitWake() throws IOException {
        server.await("the kernel's word of a segment out of order", () -> path.mustWake(System.nanoTime()));
        ring.wake();
        path.awake(System.nanoTime());
    }

    void settle() {
        path.settle(System.nanoTime());
    }

    /** Turns until the kernel has delivered that much of the stream. */
    void readTo(long streamOffset) throws IOException {
        server.await("byte " + streamOffset + " of the stream", () -> {
            try {
                drain();
                read();
                settle();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return path.position() >= streamOffset;
        });
    }

    /**
     * From now on the socket itself drops what the capture sees, or not any more.
     *
     * @param bytes of each segment that pass: {@link #NOTHING} or {@link #EVERYTHING}
     */
    void letPass(int bytes) throws IOException {
        // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k } with BPF_RET | BPF_K
        ByteBuf program =
                Unpooled.directBuffer(8).writeShortLE(0x06).writeShortLE(0).writeIntLE(bytes);
        ByteBuf reference =
                Unpooled.directBuffer(16).writeShortLE(1).writeZero(6).writeLongLE(program.memoryAddress());
        try {
            socket.setRawOpt(1, 26, reference.nioBuffer()); // SOL_SOCKET, SO_ATTACH_FILTER
        } finally {
            program.release();
            reference.release();
        }
    }

    /** Everything that the kernel has delivered. */
    ByteBuf kernelBytes() {
        return kernelBytes;
    }

    List<Delivered> early() {
        return early;
    }

    /** What of it came from a proven boundary. */
    List<Delivered> proven() {
        return proven;
    }

    /** What the kernel lane has found, also what had gone early. */
    List<Delivered> inOrder() {
        return inOrder;
    }

    List<Delivered> swallowed() {
        return swallowed;
    }

    List<byte[]> atDevice() {
        return device.takeWritten();
    }

    ReceiveCounters counters() {
        return counters;
    }

    LaneState state() {
        return path.state(System.nanoTime());
    }

    @Override
    public void close() {
        try {
            socket.close();
            server.await("the client's reset", server::isReset);
            drain();
        } catch (IOException e) {
            throw new IllegalStateException("closing the connection", e);
        } finally {
            path.close();
            device.close();
            downlink.release();
            unread.release();
        }
    }

    private final class Notes implements DeliveryObserver {
        @Override
        public void onFrame(Lane lane, BoundaryGrade grade, FrameView frame, long wholeNanos, long nowNanos) {
            Delivered delivered = Delivered.of(frame);
            (lane == Lane.EARLY ? early : inOrder).add(delivered);
            if (lane == Lane.EARLY && grade == BoundaryGrade.PROVEN) {
                proven.add(delivered);
            }
        }

        @Override
        public void onSwallowed(FrameView frame, long nowNanos) {
            inOrder.add(Delivered.of(frame));
            swallowed.add(Delivered.of(frame));
        }
    }

    /** Only packets are of interest here. */
    private final class ToDownlink implements MessageHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            downlink.packet(buffer, index, length, System.nanoTime());
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
            throw new IllegalStateException("no segment was sent");
        }

        @Override
        public void onMessage(Message message) {
            throw new IllegalStateException("no message was sent: " + message);
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            throw new IllegalStateException("no data was sent");
        }

        @Override
        public void onUnknownType(int type) {
            throw new IllegalStateException("no frame of type " + type + " was sent");
        }
    }
}
