package dev.tunbridge.bridge.simulation;

import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.receive.DeliveryObserver;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.bridge.receive.ReceivePath;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.Rejection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The loop of our end: reads ring and socket, now the one first and now the other, and drives the receive side under test. */
final class ReceiveHost implements AutoCloseable {
    private static final int MAX_FLOWS = 1_024;
    private static final TunOptions WITH_OFFLOAD = TunOptions.named("tun0");
    private static final TunOptions WITHOUT_OFFLOAD =
            new TunOptions("tun0", TunOptions.Offload.OFF, TunOptions.Coalescing.OFF);

    private final VirtualTime time;
    private final Dice dice;
    private final Scenario scenario;
    private final OuterWire wire;
    private final ModelKernelReceiver kernel;
    private final ModelCapture capture;
    private final HeldModel held;
    private final Judge judge;
    private final Mutation mutation;
    private final Trace trace;
    private final MemoryTunDevice device;
    private final Downlink downlink;
    private final ReceiveCounters counters = new ReceiveCounters();
    private final MessageCodec codec;
    private final FrameEncoder encoder;
    private final Session session;
    private final BiConsumer<Integer, Optional<Message>> upstream;
    private final ReceivePath path;
    private final FromServer fromServer = new FromServer();
    /** As the real one: what a read leaves stands in front of the next. */
    private final ByteBuf buffer = Unpooled.buffer(1 << 14);

    private boolean healed;
    private boolean mutated;
    private VirtualTime.@Nullable Event ringTurn;
    private VirtualTime.@Nullable Event socketTurn;

    ReceiveHost(
            VirtualTime time,
            Dice dice,
            Scenario scenario,
            OuterWire wire,
            ModelKernelReceiver kernel,
            ModelCapture capture,
            HeldModel held,
            Judge judge,
            Mutation mutation,
            Trace trace,
            BiConsumer<Integer, Optional<Message>> upstream) {
        this.time = time;
        this.dice = dice;
        this.scenario = scenario;
        this.wire = wire;
        this.kernel = kernel;
        this.capture = capture;
        this.held = held;
        this.judge = judge;
        this.mutation = mutation;
        this.trace = trace;
        this.upstream = upstream;
        Scenario.Recovery recovery = scenario.recovery();
        device = new MemoryTunDevice(recovery.offload() ? WITH_OFFLOAD : WITHOUT_OFFLOAD);
        downlink = new Downlink(device, new FlowTable(MAX_FLOWS), new Refusals());
        codec = scenario.protocol().newCodec();
        encoder = new FrameEncoder(scenario.format());
        session = SimulatedSession.client(scenario, dice.split());
        path = new ReceivePath(
                scenario.format(),
                codec,
                scenario.protocol().newPrelude(SessionScript.End.SERVER, codec),
                downlink,
                fromServer,
                counters,
                new Observer());
        path.addRawLane(
                wire.path(),
                new RecoveryOptions(
                        recovery.enabled(), recovery.boundaries(), recovery.heldBytes(), recovery.heldRanges(), false),
                kernel,
                new Latches(),
                UnpooledByteBufAllocator.DEFAULT,
                time.nowNanos());
    }

    /** The connection is there. */
    void connected() {
        apply(session.connected(time.nowNanos()));
    }

    private void apply(List<SessionAction> actions) {
        for (SessionAction action : actions) {
            if (action instanceof SessionAction.Send send) {
                say(send.message());
            } else if (action instanceof SessionAction.Established established) {
                establish(established.tunnel());
            } else if (!(action instanceof SessionAction.Deliver)) {
                throw new Violation("the session goes on with " + action);
            }
        }
    }

    private void say(Message message) {
        ByteBuf out = Unpooled.buffer();
        codec.write(message, encoder, out);
        upstream.accept(out.readableBytes(), Optional.of(message));
    }

    private void establish(TunnelParameters tunnel) {
        TunnelFilter filter =
                new TunnelFilter(tunnel.deviceAddress(), wire.path().remote(), List.of(), List.of());
        downlink.connect(new Downlink.Route(tunnel.carriage(), filter));
        if (tunnel.carriage() == Carriage.PACKET) {
            codec.linkUp(tunnel.deviceAddress(), tunnel.serverAddress()).ifPresent(this::say);
        }
        judge.established();
    }

    ReceiveCounters counters() {
        return counters;
    }

    LaneState state() {
        return path.state(time.nowNanos());
    }

    /** From now on turns come without delay. */
    void heal() {
        healed = true;
    }

    void ringReadable() {
        if (ringTurn == null) {
            ringTurn = time.after(delay(scenario.receiver().ringDelayNanos()), this::turnForRing);
        }
    }

    void socketReadable() {
        if (socketTurn == null) {
            Scenario.Receiver traits = scenario.receiver();
            long delay =
                    !healed && dice.chance(traits.stallChance()) ? traits.stallNanos() : delay(traits.readDelayNanos());
            socketTurn = time.after(delay, this::turnForSocket);
        }
    }

    private long delay(long mean) {
        return healed ? VirtualTime.MICROSECOND : 1 + dice.exponential(mean);
    }

    private void turnForRing() {
        ringTurn = null;
        turn(true, dice.chance(0.5));
    }

    private void turnForSocket() {
        socketTurn = null;
        turn(dice.chance(0.5), true);
    }

    /** One turn of the loop. What else is ready may be found ready in the same turn, in either order. */
    private void turn(boolean ring, boolean socket) {
        boolean socketFirst = dice.chance(0.5);
        if (socket && socketFirst) {
            readSocket();
        }
        if (ring) {
            capture.drain(this::show, this::captured);
        }
        if (socket && !socketFirst) {
            readSocket();
        }
        path.settle(time.nowNanos());
        takePackets();
        judge.settled();
    }

    private void show(CapturedSegment segment) {
        boolean isConnected = path.handshake() != null;
        if (isConnected && mutation == Mutation.SLEEPS) {
            return;
        }
        if (isConnected && mutation == Mutation.IS_DECEIVED) {
            swapLastWords(segment);
        }
        path.onSegment(segment);
    }

    /** No Internet checksum notices, of the outer packet or the inner one. */
    private static void swapLastWords(CapturedSegment segment) {
        int at = segment.index() + segment.length() - Integer.BYTES;
        segment.buffer().setInt(at, Integer.rotateLeft(segment.buffer().getInt(at), Short.SIZE));
    }

    private void captured(WireSegment segment) {
        held.captured(
                segment, scenario.receiver().knowsWindow() ? kernel.windowEnd() - kernel.nextOffset() : Long.MAX_VALUE);
    }

    private void readSocket() {
        buffer.discardReadBytes();
        int count = kernel.read(buffer, scenario.receiver().readBytes());
        if (count > 0) {
            path.received(buffer, time.nowNanos());
            judge.kernelAt(path.position(), path.position() - buffer.readableBytes());
            if (path.position() != kernel.readOffset()) {
                throw new Violation(
                        "the kernel lane is at " + path.position() + " after " + kernel.readOffset() + " bytes");
            }
        }
        if (kernel.readOffset() < kernel.nextOffset()) {
            socketReadable();
        }
    }

    private void takePackets() {
        for (byte[] packet : device.takeWritten()) {
            if (!mutated && packet.length % 7 == 0) {
                mutated = true;
                switch (mutation) {
                    case LOSES_A_PACKET -> {
                        continue;
                    }
                    case REPEATS_A_PACKET -> judge.packet(packet);
                    case ALTERS_A_PACKET -> packet[packet.length - 1] ^= 1;
                    default -> {}
                }
            }
            judge.packet(packet);
        }
    }

    private final class Observer implements DeliveryObserver {
        @Override
        public void onFrame(Lane lane, BoundaryGrade grade, FrameView frame, long wholeNanos, long nowNanos) {
            if (lane == Lane.EARLY) {
                judge.early(frame.startOffset(), frame.endOffset(), grade);
            } else {
                judge.kernel(frame.startOffset(), frame.endOffset());
            }
            if (wholeNanos > nowNanos) {
                throw new Violation("the frame at " + frame.startOffset() + " was whole at " + wholeNanos
                        + ", after it was delivered at " + nowNanos);
            }
        }

        @Override
        public void onSwallowed(FrameView frame, long nowNanos) {
            judge.swallowed(frame.startOffset(), frame.endOffset());
            if (mutation == Mutation.FORGETS_WHAT_WENT_EARLY) {
                try {
                    codec.read(frame, fromServer);
                } catch (MalformedMessageException e) {
                    throw new Violation(String.valueOf(e.getMessage()));
                }
            }
        }

        @Override
        public void onEvent(Event event, long fromOffset, long toOffset) {
            judge.event(event, fromOffset, toOffset);
        }

        @Override
        public void onRejected(Rejection reason) {
            trace.add(time, () -> "rejected: " + reason);
        }
    }

    private final class FromServer implements MessageHandler {
        @Override
        public void onMessage(Message message) {
            judge.message(message);
            if (message instanceof Message.Link) {
                say(message);
                return;
            }
            boolean isInLogin = !session.isEstablished();
            apply(session.received(message, time.nowNanos()));
            if (mutation == Mutation.REPEATS_A_MESSAGE && !mutated && !isInLogin) {
                mutated = true;
                judge.message(message);
            }
        }

        @Override
        public void onPacket(ByteBuf packet, int index, int length) {
            downlink.packet(packet, index, length, time.nowNanos());
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf segment,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            downlink.segment(
                    ipProtocol,
                    segment,
                    clientAddressIndex,
                    deviceAddressIndex,
                    addressBytes,
                    segmentIndex,
                    segmentLength,
                    time.nowNanos());
        }

        @Override
        public void onData(int channel, ByteBuf data, int index, int length) {
            throw new Violation("data on channel " + channel + " that the server never sent");
        }

        @Override
        public void onUnknownType(int type) {}
    }

    @Override
    public void close() {
        path.close();
        encoder.close();
        downlink.release();
        device.close();
        buffer.release();
    }
}
