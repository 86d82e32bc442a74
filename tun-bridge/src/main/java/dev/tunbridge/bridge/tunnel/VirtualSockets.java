package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.OverlapPolicy;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.local.AppTarget;
import dev.tunbridge.bridge.local.LocalServices;
import dev.tunbridge.bridge.local.RelayTarget;
import dev.tunbridge.bridge.local.ServiceEvents;
import dev.tunbridge.bridge.local.SourceMode;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.QueuedPacket;
import dev.tunbridge.bridge.receive.ChannelSink;
import dev.tunbridge.bridge.relay.Channel;
import dev.tunbridge.bridge.relay.ChannelEvents;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.bridge.relay.Relay;
import dev.tunbridge.bridge.relay.RelayLimits;
import dev.tunbridge.bridge.relay.RelayStats;
import dev.tunbridge.bridge.relay.ServerSide;
import dev.tunbridge.protocol.message.Message;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a tunnel: drives the relay with what services and server do, and with the time. Outlives connections, since a service may
 * still have to take what a client has sent before. Loop thread only.
 */
public final class VirtualSockets implements ServerSide, ServiceEvents, ChannelSink {
    private static final long TICK_MILLIS = 500;

    /** Of one read, to begin with. */
    private static final int LEAST_FRAMES = 64;

    private final IoEventLoop loop;
    private final EgressQueue queue;
    private final Owner owner;
    private final LocalServices services;
    private final Relay relay;
    private final ScheduledFuture<?> ticks;
    private @Nullable Link link;

    /** There was room before the read, so that its frames may go to the socket at once. */
    private boolean mayBeDirect;

    /** Frames of the read under way do, and are accounted for behind it. */
    private boolean isDirect;

    private int directFrames;
    private int[] directBytes = new int[LEAST_FRAMES];
    private boolean isPumpDue;

    /**
     * A connection whose session has virtual sockets.
     *
     * @param roundTripNanos of it; 0 where it is not known
     */
    record Link(FrameWriter writer, TunnelFilter filter, LongSupplier roundTripNanos) {}

    /**
     * What the protocol and the application make of virtual sockets.
     *
     * @param frameBytes the most of a channel's bytes that a frame holds; 0: none are offered
     * @param applications what the application serves itself
     */
    public record Offer(int frameBytes, List<AppTarget> applications) {
        /** No virtual sockets. */
        public static final Offer NONE = new Offer(0, List.of());

        public Offer {
            applications = List.copyOf(applications);
        }
    }

    /** The way to the server. */
    interface Owner {
        /** Whether a frame may be written now; finding that out may show that the connection is gone. */
        boolean hasRoom();

        /** Sends what waits. */
        void pump();

        /** A fault of the bridge itself. */
        void onBroken(Throwable fault);
    }

    VirtualSockets(
            BridgeConfig config, IoEventLoop loop, EgressQueue queue, Offer offer, ChannelEvents events, Owner owner) {
        this.loop = loop;
        this.queue = queue;
        this.owner = owner;
        services = new LocalServices(
                loop,
                offer.applications(),
                config.get(Settings.RELAY_TARGETS),
                config.get(Settings.RELAY_SOURCE),
                config.get(Settings.TUN_OVERLAP) == OverlapPolicy.WARN,
                config.get(Settings.RELAY_CHANNEL_BYTES),
                this);
        relay = new Relay(limits(config), this::admits, services, this, offer.frameBytes(), System.nanoTime());
        relay.listen(events);
        ticks = loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Whether a configuration can be served.
     *
     * @param isAlone no packets are offered beside
     * @throws ConfigException if not
     */
    static void check(BridgeConfig config, boolean isAlone) {
        limits(config);
        if (isAlone && !config.get(Settings.RELAY_SOURCE).needsAddress()) {
            requireNoneAtDevice(config);
        }
        if (config.get(Settings.RELAY_SOURCE) != SourceMode.CLIENT) {
            return;
        }
        if (!isAlone) { // answers to packets and to virtual sockets would go to one and the same address
            throw new ConfigException(
                    Settings.RELAY_SOURCE.key(),
                    config.text(Settings.RELAY_SOURCE),
                    "loopback, device, proxy-v2 where packets are offered too: carriage="
                            + config.text(Settings.CARRIAGE));
        }
        for (RelayTarget target : config.get(Settings.RELAY_TARGETS)) {
            if (!target.isOfThisHost()) {
                throw new ConfigException(
                        Settings.RELAY_TARGETS.key(),
                        target.toString(),
                        "a service of this host with relay.source=client, by localhost or device, since another host would not"
                                + " answer to here");
            }
        }
    }

    /** Nothing makes the device's address this host's, so a server could name any. */
    private static void requireNoneAtDevice(BridgeConfig config) {
        for (RelayTarget target : config.get(Settings.RELAY_TARGETS)) {
            if (target.isAtDevice()) {
                throw new ConfigException(
                        Settings.RELAY_TARGETS.key(),
                        target.toString(),
                        "an address or localhost with relay.source=" + config.text(Settings.RELAY_SOURCE)
                                + ", since this host has the device's address only with relay.source=device or client,"
                                + " or where packets are offered too");
            }
        }
    }

    /**
     * What a configuration allows.
     *
     * @throws ConfigException where the sum is less than what each channel has for itself
     */
    private static RelayLimits limits(BridgeConfig config) {
        int own = 2 * RelayLimits.OWN_BYTES * config.get(Settings.RELAY_CHANNELS);
        if (config.get(Settings.RELAY_BYTES) < own) {
            throw new ConfigException(
                    Settings.RELAY_BYTES.key(),
                    config.text(Settings.RELAY_BYTES),
                    own + " B and more: 2 KiB for each of relay.channels, " + config.get(Settings.RELAY_CHANNELS));
        }
        return new RelayLimits(
                config.get(Settings.RELAY_CHANNELS),
                Math.min(config.get(Settings.RELAY_HALF_OPEN), config.get(Settings.RELAY_CHANNELS)),
                config.get(Settings.RELAY_OPENS_PER_SECOND),
                config.get(Settings.RELAY_CHANNEL_BYTES),
                config.get(Settings.RELAY_BYTES),
                config.get(Settings.RELAY_CONNECT_TIMEOUT),
                config.get(Settings.RELAY_IDLE_UDP),
                config.get(Settings.RELAY_DRAIN));
    }

    private boolean admits(Message.Open open) {
        Link current = link;
        return current != null
                && current.filter()
                                .forService(
                                        open.transport() == Message.TCP,
                                        open.clientAddress(),
                                        open.clientPort(),
                                        open.devicePort())
                        == null;
    }

    void connect(Link link, InetAddress deviceAddress) {
        this.link = link;
        services.established(deviceAddress);
        followRoundTrip();
    }

    /** Every channel that the server knows is over. */
    void disconnect() {
        if (link != null) {
            link = null;
            relay.disconnected();
        }
    }

    /** The tunnel is over. */
    void close() {
        link = null;
        ticks.cancel(false);
        try {
            relay.close();
        } finally {
            services.release();
        }
    }

    RelayStats stats() {
        return relay.stats();
    }

    private void tick() {
        try {
            followRoundTrip();
            relay.tick(System.nanoTime());
        } catch (Throwable e) {
            owner.onBroken(e);
        }
    }

    private void followRoundTrip() {
        long nanos = link == null ? 0 : link.roundTripNanos().getAsLong();
        if (nanos > 0) {
            relay.roundTrip(nanos);
        }
    }

    // From the server

    /** Whether it is one of a channel's; then the relay has it. */
    boolean receive(Message message, long nowNanos) {
        boolean isOfChannel = message instanceof Message.Open
                || message instanceof Message.Opened
                || message instanceof Message.Credit
                || message instanceof Message.Close;
        if (!isOfChannel || link == null) {
            return false; // in another carriage it says nothing to this end
        }
        relay.receive(message, nowNanos);
        return true;
    }

    @Override
    public void data(int channel, ByteBuf buffer, int index, int length, long nowNanos) {
        relay.data(channel, buffer, index, length, nowNanos);
    }

    @Override
    public boolean early(int channel, ByteBuf buffer, int index, int length, long nowNanos) {
        return relay.early(channel, buffer, index, length, nowNanos);
    }

    @Override
    public void flush() {
        services.flush();
    }

    // To the server

    @Override
    public void wake() {
        pumpLater();
    }

    @Override
    public void data(Channel channel, ByteBuf buffer, int index, int length) {
        Link current = link;
        if (isDirect && current != null) {
            current.writer().data(channel.number(), buffer, index, length);
            if (directFrames == directBytes.length) {
                directBytes = Arrays.copyOf(directBytes, 2 * directFrames);
            }
            directBytes[directFrames++] = length;
        } else {
            queue.offer(
                    ChannelFlow.of(channel),
                    channel.devicePort(),
                    channel.clientPort(),
                    buffer,
                    index,
                    length,
                    System.nanoTime());
        }
    }

    @Override
    public void discard(Channel channel) {
        if (channel.attachment() instanceof ChannelFlow flow) {
            queue.discard(flow);
        }
    }

    /** The next word for the server, or null. */
    @Nullable
    Message poll(long nowNanos) {
        return link == null ? null : relay.poll(nowNanos);
    }

    /** Writes what has left the queue. */
    void write(QueuedPacket queued, ChannelFlow flow, FrameWriter writer, long nowNanos) {
        ByteBuf buffer = queued.buffer();
        writer.data(flow.channel().number(), buffer, buffer.readerIndex(), queued.length());
        relay.left(flow.channel(), queued.length(), nowNanos);
    }

    /** The queue has dropped a datagram. */
    void dropped(QueuedPacket queued, ChannelFlow flow) {
        relay.dropped(flow.channel(), queued.length(), System.nanoTime());
    }

    /** Once for all that happens in this turn of the loop. */
    private void pumpLater() {
        if (!isPumpDue) {
            isPumpDue = true;
            loop.execute(this::pump);
        }
    }

    private void pump() {
        isPumpDue = false;
        try {
            owner.pump();
        } catch (Throwable e) {
            owner.onBroken(e);
        }
    }

    // From the services

    @Override
    public void onConnected(Channel channel) {
        relay.connected(channel, System.nanoTime());
    }

    @Override
    public void onConnectFailed(Channel channel, OpenRefusal reason) {
        relay.connectFailed(channel, reason);
    }

    @Override
    public int readableBytes(Channel channel) {
        mayBeDirect = link != null
                && owner.hasRoom(); // asked first: what it writes may give other channels room, or end the connection
        return relay.readableBytes(channel);
    }

    @Override
    public void onRead(Channel channel, ByteBuf buffer, int index, int length) {
        long now = System.nanoTime();
        directFrames = 0;
        isDirect = mayBeDirect;
        try {
            relay.read(channel, buffer, index, length, now);
        } finally {
            isDirect = false;
        }
        for (int i = 0; i < directFrames; i++) {
            relay.left(channel, directBytes[i], now);
        }
        pumpLater();
    }

    @Override
    public void onTaken(Channel channel, long bytes) {
        relay.taken(channel, bytes, System.nanoTime());
    }

    @Override
    public void onEnded(Channel channel) {
        relay.ended(channel);
    }

    @Override
    public void onFailed(Channel channel) {
        relay.failed(channel);
    }

    @Override
    public void onBroken(Throwable fault) {
        owner.onBroken(fault);
    }
}
