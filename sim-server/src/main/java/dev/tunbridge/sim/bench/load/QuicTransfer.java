package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.traffic.SelfSigned;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicCongestionControlAlgorithm;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One QUIC stream (RFC 9000) that sends as much as it can for a time. The client at the server's side connects to the
 * device and opens the stream; the direction says who of the two fills it. One thread a side.
 */
final class QuicTransfer implements AutoCloseable {
    private static final String PROTOCOL = "bench";
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long CONNECT_SECONDS = 20;
    private static final long IDLE_SECONDS = 20;

    /** Fits, with its headers, into a packet of every tunnel. */
    private static final int PAYLOAD_BYTES = 1350;

    /** What a stream may have on its way: more than any link here holds. */
    private static final long WINDOW_BYTES = 16 << 20;

    private static final long END_SECONDS = 2;

    private final MultiThreadIoEventLoopGroup deviceLoop = loop("bench-device");
    private final MultiThreadIoEventLoopGroup clientLoop = loop("bench-client");
    private final ByteBuf chunk = Unpooled.directBuffer(CHUNK_BYTES).writeZero(CHUNK_BYTES);
    private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
    private final AtomicReference<@Nullable Channel> accepted = new AtomicReference<>();
    private final CountDownLatch isAccepted = new CountDownLatch(1);
    private @Nullable Channel deviceSocket;
    private @Nullable Channel clientSocket;
    private @Nullable QuicChannel connection;
    private @Nullable QuicStreamChannel opened;
    private volatile boolean ending;

    private QuicTransfer() {}

    /** Why there is no QUIC here; empty where there is. */
    static Optional<String> unavailable() {
        Throwable cause = Quic.isAvailable() ? null : Quic.unavailabilityCause();
        return Optional.ofNullable(cause).map(reason -> "no QUIC library for this machine: " + reason.getMessage());
    }

    /** Connects and opens the stream. */
    static QuicTransfer open(Ends ends) throws IOException, InterruptedException {
        QuicTransfer transfer = new QuicTransfer();
        try {
            transfer.connect(ends, SelfSigned.make());
            return transfer;
        } catch (IOException | InterruptedException | RuntimeException e) {
            transfer.close();
            throw e;
        }
    }

    private void connect(Ends ends, SelfSigned identity) throws IOException, InterruptedException {
        QuicServerCodecBuilder service = new QuicServerCodecBuilder()
                .sslContext(QuicSslContextBuilder.forServer(identity.key(), null, identity.certificate())
                        .applicationProtocols(PROTOCOL)
                        .build())
                // Each end is the other's only one: nobody has to prove its address.
                .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                .streamHandler(new ChannelInitializer<QuicStreamChannel>() {
                    @Override
                    protected void initChannel(QuicStreamChannel channel) {
                        channel.pipeline().addLast(new Watching());
                        accepted.set(channel);
                        isAccepted.countDown();
                    }
                });
        QuicClientCodecBuilder client = new QuicClientCodecBuilder()
                .sslContext(QuicSslContextBuilder.forClient()
                        .trustManager(identity.certificate())
                        .endpointIdentificationAlgorithm("")
                        .applicationProtocols(PROTOCOL)
                        .build());
        Channel serving = ends.deviceSide()
                .call(() -> socket(deviceLoop, ends.device(), with(service).build()));
        deviceSocket = serving;
        Channel asking = ends.serverSide()
                .call(() -> socket(clientLoop, ends.server(), with(client).build()));
        clientSocket = asking;
        QuicChannel connected = await(
                "the connection",
                QuicChannel.newBootstrap(asking)
                        .handler(new Watching())
                        .streamHandler(new Watching())
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TimeUnit.SECONDS.toMillis(CONNECT_SECONDS))
                        .remoteAddress(serving.localAddress())
                        .connect());
        connection = connected;
        QuicStreamChannel stream =
                await("the stream", connected.createStream(QuicStreamType.BIDIRECTIONAL, new Watching()));
        opened = stream;
        // The other end learns of a stream by its first byte.
        stream.writeAndFlush(Unpooled.buffer(1).writeZero(1));
        if (!isAccepted.await(CONNECT_SECONDS, TimeUnit.SECONDS)) {
            rethrow();
            throw new IOException("the stream did not reach the device within " + CONNECT_SECONDS + " s");
        }
    }

    private static Channel socket(MultiThreadIoEventLoopGroup loop, InetAddress address, ChannelHandler codec)
            throws InterruptedException {
        return new Bootstrap()
                .group(loop)
                .channel(EpollDatagramChannel.class)
                .handler(codec)
                .bind(new InetSocketAddress(address, 0))
                .sync()
                .channel();
    }

    private static <B extends QuicCodecBuilder<B>> B with(B codec) {
        return codec.maxIdleTimeout(IDLE_SECONDS, TimeUnit.SECONDS)
                .maxSendUdpPayloadSize(PAYLOAD_BYTES)
                .maxRecvUdpPayloadSize(PAYLOAD_BYTES)
                .congestionControlAlgorithm(QuicCongestionControlAlgorithm.CUBIC)
                .initialMaxData(WINDOW_BYTES)
                .initialMaxStreamDataBidirectionalLocal(WINDOW_BYTES)
                .initialMaxStreamDataBidirectionalRemote(WINDOW_BYTES)
                .initialMaxStreamsBidirectional(1);
    }

    private static <T> T await(String what, Future<T> future) throws IOException, InterruptedException {
        if (!future.await(CONNECT_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException(what + " did not stand within " + CONNECT_SECONDS + " s");
        }
        Throwable cause = future.cause();
        if (cause != null) {
            throw new IOException(what + ": " + cause.getMessage(), cause);
        }
        return future.getNow();
    }

    /** Sends for so long, and tells what arrived when. */
    StallBins play(Direction direction, long nanos) throws IOException, InterruptedException {
        Channel atDevice = accepted.get();
        Channel atClient = opened;
        if (atDevice == null || atClient == null) {
            throw new IllegalStateException("not connected");
        }
        boolean isUp = direction == Direction.UP;
        Channel sender = isUp ? atDevice : atClient;
        Channel receiver = isUp ? atClient : atDevice;
        StallBins bins = new StallBins(System.nanoTime(), nanos);
        receiver.pipeline().addFirst(new CountingSink(bins));
        sender.pipeline().addFirst(new Source());
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(50)));
            rethrow();
        }
        ending = true;
        // Through the loop that fills them, so that all it has written is seen here.
        return receiver.eventLoop().submit(() -> bins).sync().getNow();
    }

    private void rethrow() throws IOException {
        Throwable broken = fault.get();
        if (broken != null) {
            throw new IOException("the connection broke: " + broken.getMessage(), broken);
        }
    }

    /** The connection first, which tells the other end; then the sockets and their loops. */
    @Override
    public void close() {
        ending = true;
        close(opened);
        close(connection);
        close(clientSocket);
        close(deviceSocket);
        clientLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        deviceLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        chunk.release();
    }

    private static void close(@Nullable Channel channel) {
        if (channel != null) {
            channel.close().awaitUninterruptibly(END_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static MultiThreadIoEventLoopGroup loop(String name) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
    }

    /** Notes what ends a connection or stream too early. */
    private final class Watching extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            note(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            note(new IOException("it was closed"));
        }

        private void note(Throwable cause) {
            if (!ending) {
                fault.compareAndSet(null, cause);
            }
        }
    }

    private final class Source extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            fill(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            fill(context);
        }

        private void fill(ChannelHandlerContext context) {
            while (!ending && context.channel().isWritable()) {
                context.write(chunk.retainedDuplicate());
            }
            context.flush();
        }
    }
}
