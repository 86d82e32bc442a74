package dev.tunbridge.sim.server;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.Admission;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.sim.sockets.Clients;
import dev.tunbridge.sim.sockets.SocketStats;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server: takes one device at a time, relays what its TUN device sends, and lets a device that comes back take its
 * old session's place. Everything happens on one event loop.
 */
public final class SimulatedServer {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedServer.class);

    /** The third party's congestion control; set before listen, because an established bbr keeps its pacing. */
    public static final String CONGESTION_CONTROL = "cubic";

    private static final int READ_BYTES = 64 * 1024;

    private final ServerOptions options;
    private final EventLoop loop;
    private final TunDevice tun;
    private final MessageCodec codec;
    private final AppListener listener;
    /** Of virtual sockets. */
    private final @Nullable Clients clients;

    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private @Nullable Channel listening;
    private @Nullable DeviceSession current;
    private final CompletableFuture<IOException> lost = new CompletableFuture<>();
    private int nextSessionId = 1;
    private long sessions;
    private long rejected;
    private long packetsToDevice;
    private long packetsFromDevice;
    private long unfit;
    private long notConnected;
    private long badFrames;

    /** Hears application messages; on the loop's thread. */
    @FunctionalInterface
    public interface AppListener {
        void onApp(int topic, byte[] payload);
    }

    /** @param loop an epoll one in the server's network namespace */
    public SimulatedServer(ServerOptions options, EventLoop loop, TunDevice tun, AppListener listener) {
        this.options = options;
        this.loop = loop;
        this.tun = tun;
        this.listener = listener;
        codec = options.protocol().newCodec();
        clients = options.carriage() == Carriage.SOCKET
                ? new Clients((IoEventLoop) loop, options.deviceAddress(), options.site())
                : null;
    }

    /** Opens the device and listens; completes with the address that it listens on. */
    public CompletionStage<InetSocketAddress> start() {
        CompletableFuture<InetSocketAddress> started = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                tun.open(loop, new FromTun());
                listen(started);
            } catch (IOException | RuntimeException e) {
                tun.close();
                started.completeExceptionally(e);
            }
        });
        return started;
    }

    /**
     * Lets clients of virtual sockets in, where there are any; after {@link #start}, once the device is up with the server's address.
     * On failure none gets in.
     */
    public CompletionStage<Void> openSite() {
        return onLoop(() -> {
            if (clients != null) {
                clients.open(options.tun(), options.tunnelAddress());
            }
        });
    }

    /** A step that may fail. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private CompletionStage<Void> onLoop(Step step) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                step.run();
                done.complete(null);
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private void listen(CompletableFuture<InetSocketAddress> started) throws IOException {
        EpollServerSocketChannel channel = new EpollServerSocketChannel();
        Sockets.setCongestionControl(channel.fd().intValue(), CONGESTION_CONTROL);
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channelFactory(() -> channel)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                // Netty's adaptive allocator frees and zeroes chunks of batches as long as these, a tenth of the time.
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel child) {
                        int capacity = READ_BYTES + 2 * options.format().maxFrameBytes();
                        ByteBuf input = child.alloc().directBuffer(capacity);
                        child.pipeline().addLast(new DeviceSession(SimulatedServer.this, options, codec, tun, input));
                    }
                })
                .bind(options.listen());
        bound.addListener(bind -> {
            if (bind.isSuccess()) {
                listening = bound.channel();
                started.complete((InetSocketAddress) bound.channel().localAddress());
            } else {
                tun.close();
                started.completeExceptionally(new IOException(
                        "cannot listen on " + options.listen().getAddress().getHostAddress() + " port "
                                + options.listen().getPort() + ": " + systemReason(bind.cause())));
            }
        });
    }

    /** Netty's "bind(..) failed with error(-98): Address already in use", without what only Netty understands. */
    private static String systemReason(Throwable cause) {
        return String.valueOf(cause.getMessage()).replaceAll("^.*failed with error\\(-\\d+\\): ", "");
    }

    /** Sends an application message to the device; false: none is there. */
    public CompletionStage<Boolean> sendApp(int topic, byte[] payload) {
        return CompletableFuture.supplyAsync(
                () -> {
                    DeviceSession session = current;
                    if (session == null) {
                        return false;
                    }
                    session.send(new Message.App(topic, Octets.of(payload)));
                    return true;
                },
                loop);
    }

    /** Takes nothing more from the present device, as a server that waits for its disk: the outer window closes. */
    public CompletionStage<Void> stopReading() {
        return CompletableFuture.runAsync(
                () -> {
                    DeviceSession session = current;
                    if (session != null) {
                        session.stopReading();
                    }
                },
                loop);
    }

    /** Goes on after {@link #stopReading}. */
    public CompletionStage<Void> resumeReading() {
        return CompletableFuture.runAsync(
                () -> {
                    DeviceSession session = current;
                    if (session != null) {
                        session.resumeReading();
                    }
                },
                loop);
    }

    /** Ends the session and takes the device down. */
    public CompletionStage<Void> close() {
        return onLoop(() -> {
            Channel open = listening;
            if (open != null) {
                open.close();
            }
            DeviceSession session = current;
            if (session != null) {
                session.close();
            }
            try {
                if (clients != null) {
                    clients.close();
                }
            } finally {
                tun.close();
            }
        });
    }

    /** Completes when the TUN device is taken away: without it there is nothing left to serve. */
    public CompletionStage<IOException> lost() {
        return lost.minimalCompletionStage();
    }

    /** Takes a snapshot on the loop. */
    public CompletionStage<ServerStats> stats() {
        return CompletableFuture.supplyAsync(
                () -> new ServerStats(
                        sessions,
                        rejected,
                        packetsToDevice,
                        packetsFromDevice,
                        unfit,
                        notConnected,
                        badFrames,
                        tun.stats(),
                        clients == null ? SocketStats.NONE : clients.stats()),
                loop);
    }

    Admission.Decision admit(Map<String, Value> said, DeviceSession asking) {
        Optional<Admission.Decision.Refused> refusal = refusal(said, asking);
        if (refusal.isPresent()) {
            rejected++;
            LOG.info(
                    "{}: rejected '{}': {}",
                    options.tun(),
                    asking.deviceId(),
                    refusal.get().reason());
            return refusal.get();
        }
        return new Admission.Decision.Admitted(new TunnelParameters(
                options.carriage(),
                nextSessionId++,
                options.mtu(),
                options.prefixLength(),
                options.deviceAddress(),
                options.tunnelAddress()));
    }

    /** By the names that descriptions have for reasons; what a protocol does not say is no reason. */
    private Optional<Admission.Decision.Refused> refusal(Map<String, Value> said, DeviceSession asking) {
        if (said.get("offer.version") instanceof Value.Whole version && version.number() != 1) {
            return refuse("version", "version 1 only");
        }
        if (said.get("offer.carriages") instanceof Value.Names offered
                && !offered.names().contains(options.carriage().key())) {
            return refuse("carriage", options.carriage() + " only");
        }
        Value token = said.getOrDefault("identity.token", new Value.Text("")).as(Value.Bytes.class);
        Value wanted = new Value.Text(options.token()).as(Value.Bytes.class);
        if (!options.token().isEmpty() && !token.equals(wanted)) {
            return refuse("credentials", "wrong token");
        }
        DeviceSession present = current;
        if (present != null && present != asking && !present.deviceId().equals(asking.deviceId())) {
            return refuse("busy", "another device is here");
        }
        return Optional.empty();
    }

    private static Optional<Admission.Decision.Refused> refuse(String reason, String text) {
        return Optional.of(new Admission.Decision.Refused(reason, text));
    }

    void onEstablished(DeviceSession session) {
        DeviceSession before = current;
        current = session;
        sessions++;
        LOG.info("{}: session of '{}' established", options.tun(), session.deviceId());
        if (before != null && before != session) {
            before.end("the device came back");
        }
        if (clients != null) {
            clients.connected(session);
        }
        tun.resumeReading();
    }

    void onEnd(DeviceSession session) {
        if (current == session) {
            current = null;
            if (clients != null) {
                clients.disconnected();
            }
            tun.resumeReading();
        }
    }

    void onRoom(DeviceSession session) {
        if (session == current && session.hasRoom()) {
            tun.resumeReading();
            if (clients != null) {
                clients.onRoom();
            }
        }
    }

    /** A word of virtual sockets from a session that has them. */
    void onChannelWord(DeviceSession session, Message word) {
        if (session == current && clients != null) {
            clients.receive(word);
        }
    }

    void onChannelData(DeviceSession session, int channel, ByteBuf buffer, int index, int length) {
        if (session == current && clients != null) {
            clients.data(channel, buffer, index, length);
        }
    }

    void onReadComplete(DeviceSession session) {
        if (session == current && clients != null) {
            clients.readComplete();
        }
    }

    void onApp(Message.App app) {
        listener.onApp(app.topic(), app.content().toByteArray());
    }

    void countFromDevice() {
        packetsFromDevice++;
    }

    void countBadFrame() {
        badFrames++;
    }

    /** Like any simple relay: what the socket cannot take makes it stop reading, and the driver's queue drops. */
    private final class FromTun implements TunHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            DeviceSession session = current;
            if (session == null) {
                notConnected++;
                return;
            }
            if (ip.wrap(buffer, index, length) != IpProblem.OK) {
                unfit++;
                return;
            }
            packet.wrap(ip);
            if (session.send(packet, index, length)) {
                packetsToDevice++;
            } else {
                unfit++;
            }
        }

        @Override
        public void onReadComplete() {
            DeviceSession session = current;
            if (session != null) {
                session.flush();
                if (!session.hasRoom()) {
                    tun.pauseReading();
                }
            }
        }

        @Override
        public void onDeviceLost(IOException cause) {
            DeviceSession session = current;
            if (session != null) {
                session.close();
            }
            lost.complete(new IOException("TUN device is gone: " + cause.getMessage(), cause));
        }
    }
}
