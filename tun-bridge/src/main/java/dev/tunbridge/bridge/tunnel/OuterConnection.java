package dev.tunbridge.bridge.tunnel;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.CaptureBackend;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.path.PathSample;
import dev.tunbridge.bridge.path.SocketStats;
import dev.tunbridge.bridge.receive.DeliveryObserver;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.bridge.receive.ReceivePath;
import dev.tunbridge.bridge.server.ConnectionSample;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.PreludeException;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.stream.Handshake;
import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection to the server, from the attempt to its end: reads into one buffer, decodes, writes in batches.
 * Never used again after its end. Loop thread only.
 */
final class OuterConnection {

    private static final Logger LOG = LoggerFactory.getLogger(OuterConnection.class);

    private static final String OUR_FAULT = "a fault of the bridge itself ends this connection";

    /** How long a lost segment may go unnoticed while the capture rests. */
    private static final long REST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** Netty holds no more than what the kernel refused of one batch; the rest waits in the egress queue, where it is ordered. */
    private static final WriteBufferWaterMark WRITE_BUFFER = new WriteBufferWaterMark(1, 1);

    /** What the tunnel hears of its connection. */
    interface Events extends MessageHandler {
        /** Some bytes came, before they are decoded. */
        void onHeard();

        /** Segments of the connection were captured. */
        void onCaptured();

        /** All that one read brought has been decoded. */
        void onReadComplete();

        void onWritable();

        /** The end, once; never after {@link #close()}. */
        void onLost(String reason);
    }

    /** How the attempt to connect ended; one of them, once, unless it is closed before. */
    interface Outcome {
        void onConnected(OuterConnection connection);

        /** It has failed: the address, and what was wrong. */
        void onFailed(String fault);
    }

    private final Channel channel;
    private final InetSocketAddress server;
    private final FrameFormat format;
    private final ReceiveBuffer receiveBuffer;
    private final ReceivePath path;
    private final FrameWriter writer;
    private final Outcome outcome;
    private final Events events;
    private boolean isConnected;
    private boolean ended;
    private boolean decoding;
    private OuterCapture capture = OuterCapture.absent(LaneState.FAILED);
    private boolean settleDue;
    private boolean paused;
    /** The connection's end, which waits until what came before it has been read. */
    private @Nullable String endedWhilePaused;

    private final OuterSocket socket;
    private final DeadlineTimer lookAgain;
    private @Nullable ScheduledFuture<?> restLook;

    private OuterConnection(
            EventLoop loop,
            Channel channel,
            InetSocketAddress server,
            Login login,
            MessageCodec codec,
            ReceiveBuffer receiveBuffer,
            Downlink downlink,
            Outcome outcome,
            Events events,
            OuterCounters counters,
            ReceiveCounters received,
            BridgeConfig config) {
        lookAgain = new DeadlineTimer(loop, this::onDue);
        socket = new OuterSocket(loop, channel, config, this::onRoom);
        this.channel = channel;
        this.server = server;
        this.format = login.protocol().format();
        this.receiveBuffer = receiveBuffer;
        this.outcome = outcome;
        this.events = events;
        Prelude prelude = login.protocol().newPrelude(SessionScript.End.SERVER, codec);
        path = new ReceivePath(format, codec, prelude, downlink, events, received, DeliveryObserver.NONE);
        writer = new FrameWriter(channel, codec, format.maxFrameBytes(), counters, socket.room());
    }

    /**
     * Starts to connect.
     *
     * @param server resolved
     * @param maxSegment longest segment both ways, its options included; empty for the kernel's
     */
    static OuterConnection open(
            EventLoop loop,
            BridgeConfig config,
            InetSocketAddress server,
            Login login,
            Downlink downlink,
            Outcome outcome,
            Events events,
            OuterCounters counters,
            ReceiveCounters received,
            Latches latches,
            OptionalInt maxSegment) {
        MessageCodec codec = login.newCodec(); // first: a plugin may refuse
        boolean isEpoll = loop instanceof IoEventLoop ioLoop && ioLoop.isCompatible(EpollIoHandle.class);
        Channel channel = isEpoll ? new EpollSocketChannel() : new NioSocketChannel();
        ReceiveBuffer receiveBuffer =
                new ReceiveBuffer(channel.alloc(), login.protocol().maxUnitBytes());
        OuterConnection connection = new OuterConnection(
                loop,
                channel,
                server,
                login,
                codec,
                receiveBuffer,
                downlink,
                outcome,
                events,
                counters,
                received,
                config);
        long connectMillis = TimeUnit.NANOSECONDS.toMillis(config.get(Settings.CONNECT_TIMEOUT));
        new Bootstrap()
                .group(loop)
                .channelFactory(() -> channel)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectMillis)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffer)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_BUFFER)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(connection.new Handler());
                        connection.socket.tune(maxSegment);
                    }
                })
                .register()
                .addListener(registered -> connection.step(() -> {
                    if (registered.isSuccess()) {
                        connection.bind(config, latches);
                    } else {
                        connection.cannotConnect(registered.cause());
                    }
                }));
        return connection;
    }

    /** The capture must know the port before the first segment comes, so the socket is bound before it connects. */
    private void bind(BridgeConfig config, Latches latches) {
        InetAddress local = config.get(Settings.CAPTURE_BACKEND) == CaptureBackend.NONE ? null : routeAddress(server);
        if (local == null) {
            capture = OuterCapture.absent(LaneState.OFF);
            connect();
            return;
        }
        channel.bind(new InetSocketAddress(local, 0))
                .addListener(bound -> step(() -> {
                    if (ended) {
                        return;
                    }
                    if (bound.isSuccess()) {
                        openCapture(config, latches);
                    } else {
                        LOG.warn(
                                "no capture without an address to capture for: {} (into a VRF, 'ip vrf exec' leads better than a route)",
                                ConnectFault.words(bound.cause(), server));
                    }
                    connect();
                }));
    }

    private void openCapture(BridgeConfig config, Latches latches) {
        if (!(channel.localAddress() instanceof InetSocketAddress local)) {
            return;
        }
        FourTuple tuple = new FourTuple(local, server);
        capture = OuterCapture.open(config, tuple);
        if (!capture.isOpen()) {
            return;
        }
        RecoveryOptions options = RecoveryOptions.DEFAULT
                .boundaries(config.get(Settings.BOUNDARIES))
                .holding(Integer.highestOneBit(config.get(Settings.RECOVERY_HELD_BYTES)));
        path.addRawLane(
                tuple,
                config.get(Settings.RECOVERY_ENABLED) ? options : options.disabled(),
                kernelView(),
                latches,
                channel.alloc(),
                System.nanoTime());
        if (config.get(Settings.CAPTURE_REST)) {
            path.allowRest(writer::offset, System.nanoTime());
        }
        capture.start(channel.eventLoop(), this::onCaptured);
    }

    private KernelView kernelView() {
        return channel instanceof EpollSocketChannel epoll
                ? new SocketView(epoll.fd().intValue())
                : KernelView.NOTHING;
    }

    /** This host's address on the way to the server, as the kernel's routes say; null where there is no way. */
    private static @Nullable InetAddress routeAddress(InetSocketAddress server) {
        boolean isVersion4 = server.getAddress() instanceof Inet4Address;
        try (DatagramChannel probe =
                DatagramChannel.open(isVersion4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6)) {
            probe.connect(server); // sends nothing
            return ((InetSocketAddress) probe.getLocalAddress()).getAddress();
        } catch (IOException e) {
            return null; // connecting will say why
        }
    }

    private void connect() {
        if (ended) {
            return;
        }
        channel.connect(server)
                .addListener(connect -> step(() -> {
                    if (connect.isSuccess()) {
                        connected();
                    } else {
                        cannotConnect(connect.cause());
                    }
                }));
    }

    private void onRoom() {
        if (!ended) {
            events.onWritable();
        }
    }

    private void cannotConnect(@Nullable Throwable cause) {
        if (!ended) {
            ended = true;
            String fault = text(server) + ": " + ConnectFault.words(cause, server);
            channel.close();
            release(new IOException(fault));
            outcome.onFailed(fault);
        }
    }

    private void connected() {
        if (!ended) {
            isConnected = true;
            capture.drain(path);
            warnWithoutSack();
            outcome.onConnected(this);
        }
    }

    /** What the loop calls by itself: whatever it throws, also an {@code Error}, is the end of this connection and of no more. */
    private void step(Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            broken(e);
        }
    }

    private void broken(Throwable fault) {
        LOG.error(OUR_FAULT, fault);
        lost(ConnectFault.words(fault, server));
    }

    private void warnWithoutSack() {
        Handshake handshake = path.handshake();
        if (handshake != null && !handshake.hasSack()) {
            LOG.warn(
                    "the server does not take selective acknowledgements (SACK): after a loss its sending stalls, whatever is"
                            + " done here");
        }
    }

    /** Takes what has been read, and releases it. */
    private void decode(ByteBuf bytes) {
        if (ended || paused) {
            bytes.release();
            return;
        }
        try {
            events.onHeard();
            decoding = true;
            if (!capture.isResting()) {
                capture.drain(path);
            }
            path.received(bytes, System.nanoTime());
        } catch (LostSynchronisationException e) {
            lost("the server sends what is not format '" + format.name() + "': " + e.getMessage());
        } catch (PreludeException e) {
            lost("the server does not begin as format '" + format.name() + "' does: " + e.getMessage());
        } finally {
            settlePath();
            restIfUseless(System.nanoTime());
            decoding = false;
            // The device takes packets from where they lie: before their memory goes, also when the connection ends.
            events.onReadComplete();
            if (ended) {
                path.close();
            }
            bytes.release();
        }
    }

    /** The capture has something; what the socket brings in the same turn comes first. */
    private void onCaptured() {
        try {
            capture.drain(path);
            events.onCaptured();
        } catch (Throwable e) {
            broken(e);
        }
        if (!settleDue && !ended) {
            settleDue = true;
            channel.eventLoop().execute(this::settle);
        }
    }

    private void settle() {
        settleDue = false;
        onDue();
    }

    private void settlePath() {
        long now = System.nanoTime();
        path.settle(now);
        long due = path.dueNanos();
        if (due != ReceivePath.NOT_DUE && !ended) {
            lookAgain.set(due);
        }
    }

    private void restIfUseless(long now) {
        if (!path.mayRest(now)) {
            return;
        }
        long outOfOrder = path.outOfOrderSegments();
        if (!capture.rest(path)) {
            path.forbidRest();
        } else {
            path.rested(outOfOrder);
            restLook = channel.eventLoop()
                    .scheduleWithFixedDelay(this::lookAtRest, REST_LOOK_NANOS, REST_LOOK_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    private void lookAtRest() {
        try {
            long now = System.nanoTime();
            if (!ended && path.mustWake(now)) {
                cancelRestLook();
                capture.wake();
                path.awake(now);
            }
        } catch (Throwable e) {
            broken(e);
        }
    }

    private void cancelRestLook() {
        if (restLook != null) {
            restLook.cancel(false);
            restLook = null;
        }
    }

    private void onDue() {
        if (!ended) {
            try {
                settlePath();
            } catch (Throwable e) {
                broken(e);
            }
        }
    }

    InetSocketAddress server() {
        return server;
    }

    /** This end's address of the connection; null where it has none any more. */
    @Nullable
    InetAddress localAddress() {
        return channel.localAddress() instanceof InetSocketAddress local ? local.getAddress() : null;
    }

    LaneState laneState(long nowNanos) {
        return capture.isOpen() ? path.state(nowNanos) : capture.absence();
    }

    @Nullable
    Handshake handshake() {
        return path.handshake();
    }

    CaptureCounters captureCounters() {
        return capture.counters();
    }

    FrameWriter writer() {
        return writer;
    }

    /** How much of the stream the kernel knows to be acknowledged, or {@link KernelView#UNKNOWN}. Asks it. */
    long ackedOffset() {
        return socket.ackedOffset();
    }

    /** What is in force on the socket; empty before it has one. */
    Optional<SocketStats> socketStats() {
        return socket.stats();
    }

    /** Whether this connection sends less than it could, to get out of its startup. */
    boolean isLeavingStartup() {
        return socket.isLeavingStartup();
    }

    /** What the kernel says of the path now, which the socket's limits follow at once; empty where it cannot be asked. */
    Optional<PathSample> sample(long nowNanos) {
        return ended ? Optional.empty() : socket.sample(nowNanos, path.handshake());
    }

    /** The same, for those who look for what the path eats; as {@link #sample} found it. */
    Optional<ConnectionSample> connectionSample(long nowNanos) {
        return ended ? Optional.empty() : socket.connectionSample(nowNanos, path.furthestOffset());
    }

    /** As the kernel smooths it; 0 where it is not known. Asks it. */
    long roundTripNanos() {
        return sample(System.nanoTime())
                .map(sample -> Math.max(0, sample.rttNanos()))
                .orElse(0L);
    }

    /** What the kernel says just after the handshake. */
    Optional<ConnectionSample> firstSample(long nowNanos) {
        return socket.refresh() ? connectionSample(nowNanos) : Optional.empty();
    }

    /** Asks the server's kernel for a bare acknowledgement, where this host allows it. */
    void askForAcknowledgement() {
        socket.askForAcknowledgement();
    }

    /** Whether an outage has ended since this was asked the last time: then something new should be sent. */
    boolean takeOutageEnd() {
        return socket.takeOutageEnd();
    }

    /** From within a message: what follows waits, in this buffer, in the kernel's and then at the server. */
    void pause() {
        paused = true;
        channel.config().setAutoRead(false);
        path.stop();
    }

    void resume() {
        if (ended) {
            return;
        }
        paused = false;
        try {
            decode(receiveBuffer.unread());
        } catch (Throwable e) {
            broken(e);
        }
        String reason = endedWhilePaused;
        if (reason != null) {
            lost(reason);
        } else if (!ended) {
            channel.config().setAutoRead(true);
        }
    }

    /** Ends the connection after what was flushed has been written; nothing is heard of it any more. */
    void close() {
        if (!ended) {
            ended = true;
            channel.close();
            release(new IOException("connection closed"));
        }
    }

    private void lost(String reason) {
        if (ended) {
            return;
        }
        if (!isConnected) {
            cannotConnect(new IOException(reason));
            return;
        }
        ended = true;
        try {
            channel.close();
            release(new IOException(reason));
        } finally {
            events.onLost(reason);
        }
    }

    private void release(IOException cause) {
        socket.close();
        writer.release(cause);
        lookAgain.cancel();
        cancelRestLook();
        capture.close();
        receiveBuffer.release();
        if (!decoding) {
            path.close(); // otherwise the frame that ended the connection still lies in the decoder
        }
    }

    private static String text(InetSocketAddress address) {
        return InetAddresses.toAddrString(address.getAddress()) + " port " + address.getPort();
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            decode((ByteBuf) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (!ended) {
                socket.acknowledgeAtOnce();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (!ended && channel.isWritable()) {
                events.onWritable();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            ended("the server closed the connection");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!(cause instanceof IOException)) {
                LOG.error(OUR_FAULT, cause);
            }
            String said = ConnectFault.words(cause, server);
            ended(socket.hasReportedOutage() && said.contains("No route to host") ? "Connection timed out" : said);
        }

        private void ended(String reason) {
            if (paused && !ended) {
                endedWhilePaused = endedWhilePaused == null ? reason : endedWhilePaused;
            } else {
                lost(reason);
            }
        }
    }
}
