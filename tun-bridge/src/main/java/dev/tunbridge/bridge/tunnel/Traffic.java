package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.IcmpErrors;
import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.bridge.path.TuningStats;
import dev.tunbridge.bridge.queue.AppOutbox;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.QueueOptions;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.relay.ChannelEvents;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.reassembly.stream.KernelView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What passes between the device and the server: the two paths and all that they share. Outlives connections; while none is
 * established nothing passes. Loop thread only.
 */
final class Traffic implements TunHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Traffic.class);

    private BridgeConfig config;
    private @Nullable TunnelFilter filter;
    private final MappedDevice device;
    private final Events events;
    private final FlowTable flows;
    private final EgressQueue queue;
    private final AppOutbox outbox;
    private final Refusals refusals = new Refusals();
    private final @Nullable RetransmitSuppressor suppressor;
    private final Uplink uplink;
    private final Downlink downlink;
    private @Nullable IcmpErrors icmp;
    private final @Nullable VirtualSockets sockets;
    private boolean pumpDue;

    /** What the tunnel hears. */
    interface Events {
        /** Something waits for room in the socket. */
        void onBusy();

        /** A fault of the bridge itself. */
        void onBroken(Throwable fault);

        void onDeviceLost(IOException cause);

        /** Hears of virtual sockets. */
        default ChannelEvents channels() {
            return ChannelEvents.NONE;
        }
    }

    /**
     * @param loop whose thread all of it belongs to
     * @param offer of virtual sockets
     */
    Traffic(BridgeConfig config, EventLoop loop, MappedDevice device, VirtualSockets.Offer offer, Events events) {
        this.config = config;
        this.device = device;
        this.events = events;
        flows = new FlowTable(config.get(Settings.FLOWS_MAX));
        queue = new EgressQueue(
                PooledByteBufAllocator.DEFAULT,
                new QueueOptions(
                        config.get(Settings.QUEUE_BYTES),
                        config.get(Settings.QUEUE_AQM),
                        config.get(Settings.QUEUE_ECN),
                        config.get(Settings.QUEUE_PROMPT_PORTS)));
        outbox = new AppOutbox(config.get(Settings.APP_QUEUE_BYTES));
        suppressor = config.get(Settings.SUPPRESSION_ENABLED) ? new RetransmitSuppressor() : null;
        uplink = new Uplink(outbox, queue, flows, refusals, suppressor);
        downlink = new Downlink(device, flows, refusals);
        downlink.tellSenders(suppressor);
        sockets = offer.frameBytes() > 0 && loop instanceof IoEventLoop ioLoop ? virtualSockets(ioLoop, offer) : null;
    }

    private VirtualSockets virtualSockets(IoEventLoop loop, VirtualSockets.Offer offer) {
        VirtualSockets made = new VirtualSockets(config, loop, queue, offer, events.channels(), new FromSockets());
        uplink.serveChannels(made);
        downlink.serveChannels(made);
        return made;
    }

    private final class FromSockets implements VirtualSockets.Owner {
        @Override
        public boolean hasRoom() {
            return uplink.hasRoom();
        }

        @Override
        public void pump() {
            uplink.pump();
            if (!queue.isEmpty()) {
                events.onBusy();
            }
        }

        @Override
        public void onBroken(Throwable fault) {
            events.onBroken(fault);
        }
    }

    /** Takes settings that count at once. */
    void reconfigure(BridgeConfig next) {
        config = next;
        TunnelFilter current = filter;
        if (current != null) {
            current.permit(next.get(Settings.SOURCES), next.get(Settings.ALLOW));
        }
    }

    EgressQueue queue() {
        return queue;
    }

    /** Where frames of the server go; they are refused until {@link #connect}. */
    Downlink downlink() {
        return downlink;
    }

    /** From now on traffic passes; the device has what the welcome says. */
    void connect(OuterConnection connection, TunnelInfo tunnel) {
        TunnelFilter filter = new TunnelFilter(
                tunnel.deviceAddress(), connection.server(), config.get(Settings.SOURCES), config.get(Settings.ALLOW));
        this.filter = filter;
        IcmpErrors errors = new IcmpErrors(device, tunnel.serverAddress(), tunnel.mtu(), System.nanoTime());
        icmp = errors;
        downlink.connect(new Downlink.Route(tunnel.carriage(), filter));
        suppressBy(connection::ackedOffset);
        uplink.connect(new Uplink.Route(tunnel.carriage(), tunnel.mtu(), filter, errors, connection.writer()));
        if (sockets != null && tunnel.carriage().includes(Carriage.SOCKET)) {
            sockets.connect(
                    new VirtualSockets.Link(connection.writer(), filter, connection::roundTripNanos),
                    tunnel.deviceAddress());
        }
    }

    private void suppressBy(LongSupplier ackedOffset) {
        if (suppressor == null) {
            return;
        }
        if (ackedOffset.getAsLong() == KernelView.UNKNOWN) {
            LOG.warn(
                    "this event loop does not tell what the server has acknowledged, so inner retransmissions are all sent");
        } else {
            suppressor.connect(ackedOffset);
        }
    }

    /** Nothing passes either way any more. */
    void disconnect() {
        if (sockets != null) {
            sockets.disconnect(); // first, while the queue has what is thrown away
        }
        uplink.disconnect();
        downlink.disconnect();
        if (icmp != null) {
            icmp.release();
            icmp = null;
        }
    }

    /** Sends an application message, or keeps it for when it can be sent. */
    void send(AppOutbox.Entry entry) {
        outbox.offer(entry);
        uplink.pump();
    }

    /** Whether a message is one of a channel's, which then has it. */
    boolean receive(Message message, long nowNanos) {
        return sockets != null && sockets.receive(message, nowNanos);
    }

    /** Sends what waits, as far as the socket has room. */
    void pump() {
        uplink.pump();
    }

    /** Segments of the connection were captured, which may tell what the server has acknowledged. */
    void captured() {
        if (suppressor != null) {
            suppressor.look(System.nanoTime());
        }
    }

    /** The tunnel is over: what waits will not be sent, for this reason, and memory is freed. */
    void release(Exception reason) {
        try {
            if (sockets != null) {
                sockets.close();
            }
            downlink.release();
        } finally {
            outbox.failAll(reason);
        }
    }

    // From the device

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        try {
            uplink.send(buffer, index, length, System.nanoTime());
            pumpDue = true;
        } catch (Throwable e) {
            events.onBroken(e);
        }
    }

    @Override
    public void onReadComplete() {
        if (pumpDue) {
            pumpDue = false;
            try {
                uplink.pump();
                if (!queue.isEmpty()) {
                    events.onBusy();
                }
            } catch (Throwable e) {
                events.onBroken(e);
            }
        }
    }

    @Override
    public void onDeviceLost(IOException cause) {
        events.onDeviceLost(cause);
    }

    /**
     * All counters of a tunnel: these, and what its other parts have counted.
     *
     * @param connection the present one; null where there is none
     */
    BridgeStats stats(
            BridgeState state,
            OuterCounters outer,
            Reception reception,
            @Nullable OuterConnection connection,
            Optional<TuningStats> tuning) {
        return new BridgeStats(
                state,
                outer.connections,
                new BridgeStats.Traffic(downlink.packets(), downlink.bytes()),
                new BridgeStats.Traffic(uplink.packets(), uplink.bytes()),
                outer.snapshot(reception.counters(), downlink.wrongCarriage(), uplink.notConnected()),
                reception.stats(connection),
                refusals.fromTunnel(),
                refusals.fromDevice(),
                flows.size(),
                flows.evictions(),
                Optional.ofNullable(suppressor).map(RetransmitSuppressor::stats),
                device.mappingStats(),
                queue.stats(),
                tuning,
                Optional.ofNullable(connection).flatMap(OuterConnection::socketStats),
                outbox.messages(),
                device.stats(),
                device.hasBackpressure(),
                Optional.ofNullable(sockets).map(VirtualSockets::stats));
    }
}
