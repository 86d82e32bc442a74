package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.filter.IcmpErrors;
import dev.tunbridge.bridge.filter.Refusal;
import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.QueuedPacket;
import dev.tunbridge.bridge.receive.LogOncePerMinute;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a packet from the device to the server: checked, counted, framed at once where the socket has room, queued
 * where it has not. While no session is established packets are dropped, and counted: a queue of old packets helps
 * nobody after a reconnect, and inner TCP sends its own again.
 */
final class Uplink {
    private static final Logger LOG = LoggerFactory.getLogger(Uplink.class);

    private final AppOutbox outbox;
    private final EgressQueue queue;
    private final FlowTable flows;
    private final Refusals refusals;
    private final @Nullable RetransmitSuppressor suppressor;
    private final QueueSignals signals;
    private @Nullable VirtualSockets sockets;
    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private final LogOncePerMinute fragmentLog = new LogOncePerMinute();
    private @Nullable Route route;
    /** A flush may make the socket writable again within the call; the pump under way goes on then. */
    private boolean pumping;

    private long packets;
    private long bytes;
    private long notConnected;

    /** Where packets go while a session is established. */
    record Route(Carriage carriage, int maxPacketBytes, TunnelFilter filter, IcmpErrors icmp, FrameWriter writer) {}

    Uplink(
            AppOutbox outbox,
            EgressQueue queue,
            FlowTable flows,
            Refusals refusals,
            @Nullable RetransmitSuppressor suppressor) {
        this.suppressor = suppressor;
        signals = new QueueSignals(flows, suppressor);
        queue.listen(signals);
        this.outbox = outbox;
        this.queue = queue;
        this.flows = flows;
        this.refusals = refusals;
    }

    /** Whose channels take turns with the packets. */
    void serveChannels(VirtualSockets sockets) {
        this.sockets = sockets;
        signals.serveChannels(sockets);
    }

    void connect(Route route) {
        this.route = route;
        signals.connect(route.carriage());
    }

    void disconnect() {
        route = null;
        notConnected += queue.clear();
        if (suppressor != null) {
            suppressor.disconnect();
        }
    }

    /** One packet from the device, valid during the call only. */
    void send(ByteBuf buffer, int index, int length, long nowNanos) {
        Route current = route;
        if (current == null) {
            notConnected++;
            return;
        }
        IpProblem problem = ip.wrap(buffer, index, length);
        if (problem != IpProblem.OK) {
            refusals.fromDevice(Refusal.MALFORMED);
            return;
        }
        packet.wrap(ip);
        Refusal refusal = current.filter().fromDevice(packet);
        if (refusal == null) {
            refusal = unfit(current);
        }
        if (refusal != null) {
            refusals.fromDevice(refusal);
            current.icmp().answer(packet, index, refusal, nowNanos);
            if (refusal == Refusal.CARRIAGE_FRAGMENT) {
                warnOfFragment(current, nowNanos);
            }
            return;
        }
        Flow flow = flows.fromDevice(packet, nowNanos);
        if (flow.isCongested() && (packet.tcpFlags() & TcpView.CWR) != 0) {
            flow.congested(false);
        }
        if (suppressor == null) {
            dispatch(current, flow, index, length, RetransmitSuppressor.NO_RANGE, nowNanos);
            return;
        }
        switch (suppressor.judge(packet, index, flow, nowNanos)) {
            case PASS -> dispatch(current, flow, index, length, suppressor.range(), nowNanos);
            case EDITED -> {
                ip.wrap(buffer, suppressor.index(), suppressor.length());
                packet.wrap(ip);
                dispatch(current, flow, suppressor.index(), suppressor.length(), suppressor.range(), nowNanos);
            }
            case DROP -> {
                // the outer connection carries it
            }
        }
    }

    /** Whether a frame may go at once: there is room, and nothing waits. */
    boolean hasRoom() {
        Route current = route;
        return current != null
                && queue.isEmpty()
                && outbox.isEmpty()
                && current.writer().hasRoom()
                && route != null;
    }

    /** Writes the packet at once where there is room and nothing waits; otherwise it waits too. */
    private void dispatch(Route current, Flow flow, int index, int length, long range, long nowNanos) {
        boolean hasRoom =
                queue.isEmpty() && outbox.isEmpty() && current.writer().hasRoom();
        if (route == null) {
            notConnected++; // finding out whether there is room has shown that the connection is gone
        } else if (hasRoom) {
            write(current, index, length, range);
        } else if (!queue.offer(packet, index, length, flow.hash(), range, nowNanos) && suppressor != null) {
            suppressor.dropped(range);
        }
    }

    /** Sends what waits, application messages first, as far as the socket has room; then hands it to the kernel. */
    void pump() {
        Route current = route;
        if (current == null || pumping) {
            return;
        }
        pumping = true;
        try {
            pump(current);
        } finally {
            pumping = false;
        }
    }

    private void pump(Route current) {
        FrameWriter writer = current.writer();
        long nowNanos = System.nanoTime();
        while (writer.hasRoom()) {
            AppOutbox.Entry app = outbox.poll();
            if (app != null) {
                writer.message(app.message(), app.written());
                continue;
            }
            Message word = sockets == null ? null : sockets.poll(nowNanos);
            if (word != null) {
                writer.message(word);
                continue;
            }
            QueuedPacket next = queue.poll(nowNanos);
            if (next == null) {
                break;
            }
            try {
                write(current, next, nowNanos);
            } finally {
                queue.release(next);
            }
        }
        writer.flush();
    }

    long packets() {
        return packets;
    }

    long bytes() {
        return bytes;
    }

    /** Packets that came while no session was established. */
    long notConnected() {
        return notConnected;
    }

    private void write(Route current, QueuedPacket queued, long nowNanos) {
        if (queued.owner() instanceof ChannelFlow flow && sockets != null) {
            sockets.write(queued, flow, current.writer(), nowNanos);
            return;
        }
        ByteBuf buffer = queued.buffer();
        ip.wrap(buffer, buffer.readerIndex(), buffer.readableBytes());
        packet.wrap(ip);
        write(current, buffer.readerIndex(), buffer.readableBytes(), queued.tag());
    }

    private void write(Route current, int index, int length, long range) {
        packets++;
        bytes += length;
        if (current.carriage().includes(Carriage.PACKET)) {
            current.writer().packet(packet.buffer(), index, length);
        } else {
            current.writer().segment(packet);
        }
        if (suppressor != null && range != RetransmitSuppressor.NO_RANGE) {
            suppressor.carried(range, current.writer().offset());
        }
    }

    /** An unconnected socket never hears of the ICMP error, so the operator does. */
    private void warnOfFragment(Route current, long nowNanos) {
        if (packet.fragment() == InnerPacket.Fragment.FIRST
                && packet.hasTransportHeader()
                && fragmentLog.permits(nowNanos)) {
            LOG.warn(
                    "a datagram of more than {} bytes from port {} to port {} is lost: the server's carriage takes no fragments"
                            + " (docs/operations.md, \"Datagrams that are too long\")",
                    current.maxPacketBytes(),
                    packet.sourcePort(),
                    packet.destinationPort());
        }
    }

    /** What the carriage has no room for. */
    private @Nullable Refusal unfit(Route current) {
        if (current.carriage().includes(Carriage.SEGMENT)) {
            if (!packet.isTcpOrUdp()) {
                return Refusal.CARRIAGE_PROTOCOL;
            }
            if (packet.fragment() != InnerPacket.Fragment.WHOLE) {
                return Refusal.CARRIAGE_FRAGMENT;
            }
        }
        return packet.totalLength() > current.maxPacketBytes() ? Refusal.TOO_LONG : null;
    }
}
