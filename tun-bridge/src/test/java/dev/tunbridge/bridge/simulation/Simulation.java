package dev.tunbridge.bridge.simulation;

import static dev.tunbridge.bridge.simulation.VirtualTime.MILLISECOND;
import static dev.tunbridge.bridge.simulation.VirtualTime.SECOND;

import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.RecoveryCounters;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/** One run: ten virtual seconds of one scenario, then as long as it takes to deliver the rest over a path that has healed. */
final class Simulation implements AutoCloseable {
    static final long DURATION_NANOS = 10 * SECOND;
    /** Backed-off timers of both directions fire in this time, many times over. */
    private static final long PATIENCE_NANOS = 600 * SECOND;

    /** Each byte, and each segment's neighbourhood, may be looked at so often; some two times are usual where much is lost. */
    private static final int MOST_PROBES_PER_BYTE = 4;

    private static final int ACKNOWLEDGEMENT_BYTES = 60;
    /** Our own retransmission, which nobody here looks at more closely. */
    private static final long UPSTREAM_AGAIN_NANOS = 300 * MILLISECOND;
    /** An arbitrary origin, as that of System.nanoTime is; the run's own times count from it. */
    private static final long ORIGIN_NANOS = 3_600 * SECOND;

    private final VirtualTime time = new VirtualTime(ORIGIN_NANOS);
    private final Scenario scenario;
    private final Trace trace;
    private final Dice dice;
    private final OuterWire wire;
    private final SentStream stream;
    private final ModelTcpSender sender;
    private final ModelServer server;
    private final ModelKernelReceiver kernel;
    private final ModelCapture capture;
    private final ModelOffload offload;
    private final ModelLink<WireSegment> forward;
    private final ModelLink<Acknowledgement> reverse;
    private final Judge judge;
    private final ReceiveHost host;

    /** A message of the session on its way to the server, and where it ends. */
    private record Said(long end, Message message) {}

    private final Queue<Said> upstreamSaid = new ArrayDeque<>();
    private long upstreamSent;
    private long upstreamReceived;
    /** What the server echoes. */
    private int serverRecent;

    private boolean healed;
    private long captured;
    private long capturedBytes;

    Simulation(Scenario scenario, Mutation mutation, Trace trace) {
        this.scenario = scenario;
        this.trace = trace;
        dice = new Dice(~scenario.seed());
        Scenario.Outer outer = scenario.outer();
        wire = new OuterWire(outer);
        stream = new SentStream(scenario.format());
        InnerPackets packets = new InnerPackets(scenario.innerAddressBytes());
        forward = new ModelLink<>(time, dice.split(), scenario.forward(), wire::damaged, this::arrived);
        int payloadBytes = outer.mss() - (outer.timestamps() ? 12 : 0);
        sender = new ModelTcpSender(time, dice.split(), scenario, payloadBytes, stream, this::segment, this::transmit);
        server = new ModelServer(time, dice.split(), scenario, stream, packets, sender);
        reverse = new ModelLink<>(time, dice.split(), scenario.reverse(), (ack, unused) -> ack, this::acknowledged);
        kernel = new ModelKernelReceiver(time, scenario, wire, this::acknowledge, this::socketReadable);
        capture = new ModelCapture(time, dice.split(), scenario.capture(), this::ringReadable);
        offload = new ModelOffload(time, wire, scenario.capture(), this::received);
        serverRecent = wire.clientClock(0);
        HeldModel held = new HeldModel(scenario, wire.serverClock(0), serverRecent);
        judge = new Judge(time, scenario, stream, held, trace);
        host = new ReceiveHost(
                time, dice.split(), scenario, wire, kernel, capture, held, judge, mutation, trace, this::upstream);
    }

    /** Runs to the end; throws a {@link Violation} if anything is not as it must be. */
    void run() {
        time.after(scenario.reverse().delayNanos(), this::synArrived);
        time.runUntil(ORIGIN_NANOS + DURATION_NANOS);
        heal();
        long end = ORIGIN_NANOS + PATIENCE_NANOS;
        while (!isDone() && time.runNext(end)) {
            // One event after the other.
        }
        // What was still on its way comes to nothing, and must not hurt either.
        time.runUntil(time.nowNanos() + SECOND);
        if (!isDone()) {
            throw new Violation("after " + PATIENCE_NANOS / SECOND + " s the kernel has read " + kernel.readOffset()
                    + " of " + stream.length() + " bytes, and the server knows of " + sender.acknowledgedOffset());
        }
        judge.finish();
        checkCounters();
        checkBounds();
    }

    private boolean isDone() {
        return kernel.readOffset() == stream.length() && sender.isAllAcknowledged() && stream.length() > 0;
    }

    private void heal() {
        healed = true;
        server.stop();
        forward.heal();
        reverse.heal();
        host.heal();
    }

    // The handshake. Its loss is not simulated: a connection exists when both ends have it.

    private void synArrived() {
        int timestamp = serverClock();
        WireSegment synAck = wire.synAck(timestamp, wire.clientClock(0));
        time.after(scenario.forward().delayNanos(), () -> {
            kernel.established(timestamp);
            if (scenario.capture().missesHandshake()) {
                judge.stopDemanding();
            } else {
                capture.arriveSurely(synAck);
                if (dice.chance(scenario.forward().duplication())) {
                    capture.arriveSurely(synAck);
                }
            }
            time.after(scenario.reverse().delayNanos(), server::connected);
            host.connected();
            time.after(scenario.outer().upstreamEveryNanos(), this::upstreamNow);
        });
        if (scenario.outer().mss() > 700 && scenario.sender().shrinksMss()) {
            time.after(dice.between(SECOND, 8 * SECOND), () -> sender.shrinkMss(600));
        }
    }

    private void upstreamNow() {
        if (!healed) {
            upstream(dice.between(1, 1_400), Optional.empty());
            time.after(1 + dice.exponential(scenario.outer().upstreamEveryNanos()), this::upstreamNow);
        }
    }

    /** We send so many bytes, which may be a message of the session. */
    private void upstream(int bytes, Optional<Message> message) {
        upstreamSent += bytes;
        message.ifPresent(said -> upstreamSaid.add(new Said(upstreamSent, said)));
        kernel.sent(upstreamSent);
        int timestamp = wire.clientClock(sinceStart());
        long end = upstreamSent;
        boolean lost = dice.chance(scenario.reverse().loss());
        time.after(scenario.reverse().delayNanos() + (lost ? UPSTREAM_AGAIN_NANOS : 0), () -> {
            upstreamReceived = Math.max(upstreamReceived, end);
            serverRecent = SequenceNumber.max(serverRecent, timestamp);
            boolean isAnswered = false;
            while (!upstreamSaid.isEmpty() && upstreamSaid.element().end() <= upstreamReceived) {
                isAnswered |= server.heard(upstreamSaid.remove().message());
            }
            if (!isAnswered) {
                sender.acknowledge();
            }
        });
    }

    // From the server to us.

    private WireSegment segment(long offset, int length, boolean push) {
        return wire.segment(stream.array(), offset, length, upstreamReceived, serverClock(), serverRecent, push);
    }

    private void transmit(WireSegment segment) {
        trace.add(time, () -> "sent " + segment);
        forward.send(segment, segment.packet().length);
    }

    private void arrived(WireSegment segment) {
        offload.arrive(segment);
    }

    private void received(WireSegment segment) {
        trace.add(time, () -> "arrived " + segment);
        captured++;
        capturedBytes += segment.length();
        capture.arrive(segment);
        if (healed || !dice.chance(scenario.receiver().drops())) {
            kernel.receive(segment);
        } else {
            trace.add(time, () -> "the kernel drops " + segment);
        }
    }

    private void ringReadable() {
        host.ringReadable();
    }

    private void socketReadable() {
        host.socketReadable();
    }

    // And back.

    private void acknowledge(Acknowledgement ack) {
        reverse.send(ack, ACKNOWLEDGEMENT_BYTES);
    }

    private void acknowledged(Acknowledgement ack) {
        serverRecent = SequenceNumber.max(serverRecent, ack.timestamp());
        sender.received(ack);
    }

    private long sinceStart() {
        return time.nowNanos() - ORIGIN_NANOS;
    }

    private int serverClock() {
        return wire.serverClock(sinceStart());
    }

    private void checkCounters() {
        ReceiveCounters counters = host.counters();
        RecoveryCounters recovery = counters.recovery();
        int early = judge.early(BoundaryGrade.PROVEN)
                + judge.early(BoundaryGrade.ANCHORED)
                + judge.early(BoundaryGrade.FOUND);
        expect("bytes", counters.bytes(), stream.length());
        expect("frames", counters.frames(), stream.frameCount());
        expect("bad frames", counters.badFrames(), 0);
        expect("skipped bytes", counters.skippedBytes(), 0);
        expect("malformed messages", counters.malformedMessages(), 0);
        expect("early frames", recovery.earlyFrames(), early);
        expect("early frames by proven boundaries", recovery.earlyProven(), judge.early(BoundaryGrade.PROVEN));
        expect("swallowed frames", recovery.swallowed(), early);
        expect("conflicts", recovery.conflicts(), 0);
        expect("mismatches", recovery.mismatchedBytes() + recovery.mismatchedBoundaries(), 0);
        expect("contradictions", recovery.contradictions(), 0);
        LaneState state = scenario.capture().missesHandshake()
                ? LaneState.LATE
                : scenario.recovery().enabled() ? LaneState.ACTIVE : LaneState.MEASURING;
        if (host.state() != state) {
            throw new Violation("the raw lane is " + host.state() + "; it should be " + state);
        }
    }

    private static void expect(String what, long counted, long actual) {
        if (counted != actual) {
            throw new Violation(what + ": " + counted + " were counted, and there were " + actual);
        }
    }

    private void checkBounds() {
        RecoveryCounters recovery = host.counters().recovery();
        int cap = scenario.recovery().heldBytes();
        if (recovery.heldPeakBytes() > cap || recovery.memoryPeakBytes() > cap) {
            throw new Violation(recovery.heldPeakBytes() + " bytes were held, in " + recovery.memoryPeakBytes()
                    + " bytes of memory; allowed " + cap);
        }
        long most = MOST_PROBES_PER_BYTE
                * (capturedBytes + captured * scenario.format().maxFrameBytes());
        if (recovery.probedBytes() > most) {
            throw new Violation("frames were looked for in " + recovery.probedBytes() + " bytes after " + captured
                    + " segments with " + capturedBytes + " bytes; allowed " + most);
        }
    }

    /**
     * What the run was about, to see that runs are about something.
     *
     * @param probedBytes bytes in which frames were looked for beyond holes
     */
    record Outcome(
            long streamBytes,
            long frames,
            long proven,
            long anchored,
            long found,
            long retransmissions,
            long segments,
            long probedBytes) {
        static final Outcome NONE = new Outcome(0, 0, 0, 0, 0, 0, 0, 0);

        Outcome plus(Outcome other) {
            return new Outcome(
                    streamBytes + other.streamBytes,
                    frames + other.frames,
                    proven + other.proven,
                    anchored + other.anchored,
                    found + other.found,
                    retransmissions + other.retransmissions,
                    segments + other.segments,
                    probedBytes + other.probedBytes);
        }
    }

    Outcome outcome() {
        return new Outcome(
                stream.length(),
                stream.frameCount(),
                judge.early(BoundaryGrade.PROVEN),
                judge.early(BoundaryGrade.ANCHORED),
                judge.early(BoundaryGrade.FOUND),
                sender.retransmissions(),
                captured,
                host.counters().recovery().probedBytes());
    }

    @Override
    public void close() {
        host.close();
        judge.close();
        server.close();
    }
}
