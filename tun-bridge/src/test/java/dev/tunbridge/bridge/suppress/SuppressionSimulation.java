package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.bridge.simulation.Dice;
import dev.tunbridge.bridge.simulation.VirtualTime;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor.Verdict;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;

/**
 * Local senders, the suppressor, an egress queue, an outer connection that stalls and dies, and clients behind a path that loses too.
 * The truth about each byte is known: where it is, and who has it.
 *
 * <pre>
 *   sender ─loss─► suppressor ─► queue ─► outer connection ─► server ─loss, delay─► client
 *          ◄──────  DSACK  ◄──────────── outer connection ◄──────── ◄─────loss──────
 * </pre>
 */
final class SuppressionSimulation {
    private static final int OVERHEAD = 60;
    private static final long LIMIT = 1_800 * VirtualTime.SECOND;
    private static final long MOST_GRACE = VirtualTime.SECOND;
    private static final int MOST_COPIES = 15;
    private static final long LOOK = 2 * VirtualTime.MILLISECOND;
    private static final long MOST_CARRIED = 60 * VirtualTime.SECOND;

    private final VirtualTime time = new VirtualTime(7 * VirtualTime.SECOND);
    private final Dice dice;
    private final RetransmitSuppressor suppressor = new RetransmitSuppressor();
    private final FlowTable flows;
    private final SenderFeedback feedback = new SenderFeedback(suppressor);
    private final MemoryTunDevice device = new MemoryTunDevice(TunOptions.named("tb0"));
    private final InnerPacket view = new InnerPacket();
    private final IpView ip = new IpView();
    private final Queue<Waiting> queue = new ArrayDeque<>();
    private final List<Connection> connections = new ArrayList<>();
    private final InOrderPipe up;
    private final InOrderPipe down;
    private final double lossBefore;
    private final double lossInQueue;
    private final double lossBehind;
    private final double lossOfAcks;
    private final long behindNanos;
    private final int windowBytes;
    private final int queuePackets;
    private boolean isConnected = true;
    private int reconnects;
    private boolean draining;

    long suppressed;
    long needless;

    /** A packet that the outer connection has no room for yet. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Waiting(Connection connection, byte[] packet, long tag, int start, int end) {}

    /** A packet that went on, and how often some part of it was taken from a copy. */
    private static final class Sent {
        int copies;
    }

    /** What is true of a byte, or a SYN, of which some copy went on. */
    private static final class Carried {
        static final long QUEUED = Long.MAX_VALUE;
        long outerOffset;
        long epoch;
        final Sent packet;
        long sentNanos;
        int copies;
        long ackedNanos = -1;
        int copiesSince;

        Carried(Sent packet) {
            this.packet = packet;
        }
    }

    private final class Connection {
        final InetSocketAddress device;
        final InetSocketAddress client;
        final ModelSender sender;
        final ModelClient receiver;
        final Carried[] bytes;

        Connection(int number) {
            device = TcpPackets.end("198.19.0.1", 80);
            client = TcpPackets.end("198.19.0.9", 40_000 + number);
            sender = new ModelSender(time, dice.split(), device, client, packet -> fromDevice(this, packet));
            receiver = new ModelClient(time, dice.split(), client, device, sender, this::fromClient);
            bytes = new Carried[sender.total() + 2];
        }

        private void fromClient(byte[] packet) {
            if (!dice.chance(lossOfAcks)) {
                time.after(behindNanos, () -> {
                    if (isConnected) {
                        down.write(packet.length + OVERHEAD, () -> toDevice(this, packet));
                    }
                });
            }
        }
    }

    private long epoch;

    SuppressionSimulation(long seed) {
        dice = new Dice(seed);
        long oneWay = dice.logBetween(VirtualTime.MILLISECOND / 10, 200 * VirtualTime.MILLISECOND);
        double loss = dice.oneOf(0, 0.01, 0.05, 0.2);
        up = new InOrderPipe(time, dice.split(), oneWay, loss);
        down = new InOrderPipe(time, dice.split(), oneWay, dice.oneOf(0, loss));
        lossBefore = dice.oneOf(0, 0, 0.02);
        lossInQueue = dice.oneOf(0, 0, 0.02);
        lossBehind = dice.oneOf(0, 0, 0.01, 0.1);
        lossOfAcks = dice.oneOf(0, 0, 0.05);
        behindNanos = dice.logBetween(VirtualTime.MILLISECOND / 100, 100 * VirtualTime.MILLISECOND);
        windowBytes = (int) dice.logBetween(3_000, 300_000);
        queuePackets = dice.between(3, 200);
        flows = new FlowTable(dice.oneOf(16, 1));
        suppressor.connect(up::ackedTo);
        int count = dice.between(1, 3);
        for (int i = 0; i < count; i++) {
            connections.add(new Connection(i));
        }
        if (dice.chance(0.3)) {
            planReconnect();
        }
        if (dice.chance(0.5)) {
            lookNowAndThen(); // a captured acknowledgement, genuine or forged
        }
    }

    private void planReconnect() {
        time.after(dice.logBetween(VirtualTime.MILLISECOND, 5 * VirtualTime.SECOND), () -> {
            isConnected = false;
            reconnects++;
            epoch++;
            queue.clear();
            up.breakDown();
            down.breakDown();
            suppressor.disconnect();
            time.after(dice.logBetween(VirtualTime.MILLISECOND, VirtualTime.SECOND), () -> {
                isConnected = true;
                suppressor.connect(up::ackedTo);
                if (reconnects < 3 && dice.chance(0.5)) {
                    planReconnect();
                }
            });
        });
    }

    private void lookNowAndThen() {
        suppressor.look(time.nowNanos());
        if (!connections.stream().allMatch(connection -> connection.sender.isDone())) {
            time.after(dice.exponential(20 * VirtualTime.MILLISECOND) + 1, this::lookNowAndThen);
        }
    }

    void run() {
        try {
            runToTheEnd();
        } finally {
            feedback.release();
            device.close();
        }
    }

    private void runToTheEnd() {
        for (Connection connection : connections) {
            time.after(dice.below(1_000_000), connection.sender::open);
        }
        long end = time.nowNanos() + LIMIT;
        while (time.runNext(end)) {
            // until nothing is left to happen
        }
        for (Connection connection : connections) {
            if (!connection.receiver.hasAll()) {
                throw new AssertionError("a connection of " + connection.sender.total() + " bytes never came through");
            }
        }
    }

    private void fromDevice(Connection connection, byte[] bytes) {
        if (!isConnected || dice.chance(lossBefore)) {
            return;
        }
        ByteBuf packet = Unpooled.wrappedBuffer(bytes.clone());
        wrap(packet, 0, bytes.length);
        TcpView original = SuppressorRig.parse(bytes);
        int start = connection.sender.positionOf(original.sequenceNumber()) + 1; // the SYN has place 0
        int end = start + original.sequenceLength();
        Verdict verdict = suppressor.judge(view, 0, flows.fromDevice(view, time.nowNanos()), time.nowNanos());
        if (verdict == Verdict.DROP) {
            mustBeCarried(connection, start, end);
            return;
        }
        byte[] passed = bytes;
        int from = start;
        int to = end;
        if (verdict == Verdict.EDITED) {
            passed = new byte[suppressor.length()];
            packet.getBytes(suppressor.index(), passed);
            TcpView edited = SuppressorRig.parse(passed);
            if (edited.sequenceLength() == 0) {
                mustBeCarried(connection, start, end);
                from = end;
            } else {
                from = connection.sender.positionOf(edited.sequenceNumber()) + 1;
                to = from + edited.sequenceLength();
                mustBeCarried(connection, start, from);
                mustBeCarried(connection, to, end);
            }
        }
        mustBeWanted(connection, from, to);
        long tag = suppressor.range();
        Sent sent = new Sent();
        for (int place = from; place < to; place++) {
            Carried carried = new Carried(sent);
            carried.outerOffset = Carried.QUEUED;
            carried.epoch = epoch;
            carried.sentNanos = time.nowNanos();
            connection.bytes[place] = carried;
        }
        if (queue.size() >= queuePackets || (!suppressor.isCopied(tag) && dice.chance(lossInQueue))) {
            suppressor.dropped(tag);
            for (int place = from; place < to; place++) {
                connection.bytes[place] = null;
            }
            return;
        }
        queue.add(new Waiting(connection, passed, tag, from, to));
        drain();
    }

    private void drain() {
        if (draining) {
            return;
        }
        while (!queue.isEmpty() && up.unackedBytes() < windowBytes) {
            Waiting next = queue.remove();
            long written = epoch;
            long offset = up.write(next.packet().length + OVERHEAD, () -> atServer(next));
            suppressor.carried(next.tag(), offset);
            for (int place = next.start(); place < next.end(); place++) {
                Carried carried = next.connection().bytes[place];
                if (carried != null && carried.epoch == written && carried.outerOffset == Carried.QUEUED) {
                    carried.outerOffset = offset;
                }
            }
        }
        if (!queue.isEmpty()) {
            draining = true;
            time.after(VirtualTime.MILLISECOND, () -> {
                draining = false;
                drain();
            });
        }
    }

    private void atServer(Waiting packet) {
        if (dice.chance(lossBehind)) {
            return;
        }
        time.after(behindNanos, () -> packet.connection().receiver.hear(SuppressorRig.parse(packet.packet())));
    }

    private void toDevice(Connection connection, byte[] bytes) {
        ByteBuf packet = Unpooled.wrappedBuffer(bytes);
        wrap(packet, 0, bytes.length);
        InnerSender due = suppressor.heard(view, flows.fromTunnel(view, time.nowNanos()), time.nowNanos());
        byte[] delivered = bytes;
        if (due != null && feedback.write(device, view, 0, due)) {
            device.flush();
            delivered = device.takeWritten().get(0);
        }
        connection.sender.hear(SuppressorRig.parse(delivered));
    }

    /** The payload of these places was taken away: the outer connection has to have it, or had it until just now. */
    private void mustBeCarried(Connection connection, int start, int end) {
        long now = time.nowNanos();
        Sent counted = null;
        for (int place = start; place < end; place++) {
            suppressed++;
            Carried carried = connection.bytes[place];
            if (carried == null || carried.epoch != epoch) {
                throw violation("nothing carries place %d", place);
            }
            carried.copies++;
            carried.packet.copies += carried.packet == counted ? 0 : 1;
            counted = carried.packet;
            if (carried.copies > MOST_COPIES) {
                throw violation("%d copies of place %d were suppressed", carried.copies, place);
            }
            if (now - carried.sentNanos > MOST_CARRIED) {
                throw violation(
                        "place %d has been carried for %d s", place, (now - carried.sentNanos) / 1_000_000_000L);
            }
            if (carried.outerOffset <= up.ackedTo()) {
                // It asks the kernel every two milliseconds: what comes in between, it cannot tell from before.
                boolean isNext = carried.ackedNanos < 0 || now - carried.ackedNanos >= LOOK;
                carried.ackedNanos = carried.ackedNanos < 0 ? now : carried.ackedNanos;
                carried.copiesSince += isNext ? 1 : 0;
                if (carried.copiesSince > 1) {
                    throw violation("a second copy of place %d was suppressed after the outer acknowledgement", place);
                }
            }
        }
    }

    /** Some of these places went on: something of it must be neither waiting nor on its way. */
    private void mustBeWanted(Connection connection, int start, int end) {
        boolean isOld = start <= connection.sender.acknowledged(); // the peer's word for it has been heard
        if (end - start < 2 || isOld || flows.evictions() > 0) {
            return; // probes and single bytes pass, and so does what belongs to a flow that was forgotten
        }
        for (int place = start; place < end; place++) {
            Carried carried = connection.bytes[place];
            boolean isOnItsWay = carried != null
                    && carried.epoch == epoch
                    && (carried.outerOffset == Carried.QUEUED || carried.outerOffset > up.deliveredTo())
                    && carried.packet.copies < MOST_COPIES // it counts by packets, not by bytes
                    && time.nowNanos() - carried.sentNanos < MOST_CARRIED - MOST_GRACE;
            if (!isOnItsWay) {
                return;
            }
        }
        needless += end - start;
    }

    private void wrap(ByteBuf packet, int index, int length) {
        if (ip.wrap(packet, index, length) != IpProblem.OK) {
            throw violation("IP header");
        }
        view.wrap(ip);
    }

    private static AssertionError violation(String format, Object... values) {
        return new AssertionError(String.format(Locale.ROOT, format, values));
    }
}
