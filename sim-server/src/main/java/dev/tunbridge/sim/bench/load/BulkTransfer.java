package dev.tunbridge.sim.bench.load;

import dev.tunbridge.linux.Sockets;
import dev.tunbridge.linux.TcpInfo;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Site;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * TCP flows that send as much as they can for a time. Clients at the server's side connect to the device; the direction
 * says who of the two sends. One thread a side, so that two cores are shared alike by every peer's load.
 */
final class BulkTransfer implements AutoCloseable {
    private static final int CHUNK_BYTES = 256 << 10;
    private static final long CONNECT_SECONDS = 20;

    /** Between two looks at the congestion windows. */
    private static final long WINDOW_MILLIS = 100;

    private final MultiThreadIoEventLoopGroup senderLoop = loop("bench-sender");
    private final MultiThreadIoEventLoopGroup receiverLoop = loop("bench-receiver");
    private final ByteBuf chunk = Unpooled.directBuffer(CHUNK_BYTES).writeZero(CHUNK_BYTES);
    private final List<EpollSocketChannel> senders = new CopyOnWriteArrayList<>();
    private final List<EpollSocketChannel> receivers = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
    private @Nullable Channel listener;
    private @Nullable StallBins bins;
    private volatile boolean ended;

    /** The sending loop's. */
    private long largestWindowSegments;

    /**
     * What has passed.
     *
     * @param retransmissions segments that the senders' kernels sent again
     * @param retransmittedBytes the same in bytes
     * @param packets that they have sent, retransmissions included, as far as bytes and segment size tell
     * @param largestWindowSegments the largest congestion window that one of them was seen with
     */
    record Outcome(
            StallBins bins, long retransmissions, long retransmittedBytes, double packets, long largestWindowSegments) {

        /** Of the packets sent, those that were sent again. */
        double retransmittedPercent() {
            return packets == 0 ? 0 : 100 * retransmissions / packets;
        }
    }

    private BulkTransfer() {}

    /** Connects the flows; nothing is sent yet. */
    static BulkTransfer open(Ends ends, Direction direction, int flows) throws IOException, InterruptedException {
        BulkTransfer transfer = new BulkTransfer();
        try {
            transfer.connect(ends, direction, flows);
            return transfer;
        } catch (IOException | InterruptedException | RuntimeException e) {
            transfer.close();
            throw e;
        }
    }

    private void connect(Ends ends, Direction direction, int flows) throws IOException, InterruptedException {
        boolean isDeviceSending = direction == Direction.UP;
        MultiThreadIoEventLoopGroup deviceLoop = isDeviceSending ? senderLoop : receiverLoop;
        MultiThreadIoEventLoopGroup clientLoop = isDeviceSending ? receiverLoop : senderLoop;
        ServerBootstrap service = new ServerBootstrap()
                .group(deviceLoop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, flows)
                .childHandler(initializer(isDeviceSending));
        options(service::childOption);
        // The bootstraps make their sockets on the calling thread, and so in its namespace.
        Channel bound = ends.deviceSide()
                .call(() -> service.bind(new InetSocketAddress(ends.device(), ends.servicePort()))
                        .sync()
                        .channel());
        listener = bound;
        Bootstrap client = new Bootstrap()
                .group(clientLoop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TimeUnit.SECONDS.toMillis(CONNECT_SECONDS))
                .handler(initializer(!isDeviceSending));
        options(client::option);
        ends.serverSide().call(() -> {
            List<? extends Future<?>> connections = IntStream.range(0, flows)
                    .mapToObj(flow -> client.connect(bound.localAddress()))
                    .toList();
            for (Future<?> connection : connections) {
                connection.sync();
            }
            return connections;
        });
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CONNECT_SECONDS);
        while (senders.size() < flows || receivers.size() < flows) {
            rethrow();
            if (System.nanoTime() > deadline) {
                throw new IOException("only " + Math.min(senders.size(), receivers.size()) + " of " + flows
                        + " flows were connected within " + CONNECT_SECONDS + " s");
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private interface Options {
        <T> Object set(ChannelOption<T> option, T value);
    }

    private static void options(Options options) {
        options.set(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(CHUNK_BYTES));
        options.set(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(2 * CHUNK_BYTES, 4 * CHUNK_BYTES));
        // Ending a load must not wait for what is still queued in a slow link.
        options.set(ChannelOption.SO_LINGER, 0);
    }

    /** Starts to send, for so long; does not wait. */
    void start(long lengthNanos) {
        start(lengthNanos, StallBins.BIN_NANOS);
    }

    /** Counts what arrives by bins of so long. */
    void start(long lengthNanos, long binNanos) {
        bins = new StallBins(System.nanoTime(), lengthNanos, binNanos);
        StallBins counted = bins;
        receivers.forEach(receiver -> receiver.pipeline().addLast(new CountingSink(counted)));
        senders.forEach(sender -> sender.pipeline().addLast(new Source()));
        senderLoop.scheduleWithFixedDelay(this::lookAtWindows, WINDOW_MILLIS, WINDOW_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void lookAtWindows() {
        try {
            for (EpollSocketChannel sender : senders) {
                if (sender.isActive()) {
                    TcpInfo info = TcpInfo.of(sender.fd().intValue());
                    largestWindowSegments = Math.max(largestWindowSegments, info.congestionWindowSegments());
                }
            }
        } catch (IOException e) {
            fault.compareAndSet(null, e);
        }
    }

    /** One of the flows has no reader from now on. */
    void stopReadingOne() {
        receivers.get(0).config().setAutoRead(false);
    }

    /** Sleeps until the end and reads what has passed. */
    Outcome awaitEnd(long lengthNanos) throws IOException, InterruptedException {
        StallBins counted = bins;
        if (counted == null) {
            throw new IllegalStateException("not started");
        }
        let(lengthNanos);
        return outcome(counted);
    }

    /** Sleeps so long while it sends. */
    void let(long lengthNanos) throws IOException, InterruptedException {
        for (long deadline = System.nanoTime() + lengthNanos, left = lengthNanos;
                left > 0;
                left = deadline - System.nanoTime()) {
            LockSupport.parkNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(50)));
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            rethrow();
        }
    }

    private Outcome outcome(StallBins counted) throws IOException, InterruptedException {
        Callable<Outcome> reading = () -> {
            long segments = 0;
            long bytes = 0;
            double packets = 0;
            lookAtWindows();
            for (EpollSocketChannel sender : senders) {
                TcpInfo info = TcpInfo.of(sender.fd().intValue());
                segments += info.totalRetransmissions();
                bytes += Math.max(0, info.bytesRetransmitted());
                packets += (double) Math.max(0, info.bytesSent()) / Math.max(1, info.sendMss());
            }
            return new Outcome(counted, segments, bytes, packets, largestWindowSegments);
        };
        Outcome outcome = senderLoop.submit(reading).sync().getNow();
        rethrow();
        ended = true;
        // Through the loop that fills them, so that all it has written is seen here.
        return receiverLoop.submit(() -> outcome).sync().getNow();
    }

    /** One measurement from start to end. */
    static Outcome play(Ends ends, Direction direction, int flows, long lengthNanos)
            throws IOException, InterruptedException {
        try (BulkTransfer transfer = open(ends, direction, flows)) {
            transfer.start(lengthNanos);
            return transfer.awaitEnd(lengthNanos);
        }
    }

    private void rethrow() throws IOException {
        Throwable broken = fault.get();
        if (broken != null) {
            throw new IOException("a flow broke: " + broken.getMessage(), broken);
        }
    }

    @Override
    public void close() {
        ended = true;
        if (listener != null) {
            listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        }
        senders.forEach(Channel::close);
        receivers.forEach(Channel::close);
        senderLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        receiverLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        chunk.release();
    }

    private ChannelInitializer<EpollSocketChannel> initializer(boolean isSending) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(EpollSocketChannel channel) {
                channel.pipeline().addLast(new Joining(isSending ? senders : receivers));
            }
        };
    }

    private static MultiThreadIoEventLoopGroup loop(String name) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
    }

    /** Notes a flow once it is connected, and what ends it too early. */
    private final class Joining extends ChannelInboundHandlerAdapter {
        private final List<EpollSocketChannel> channels;

        Joining(List<EpollSocketChannel> channels) {
            this.channels = channels;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) throws Exception {
            EpollSocketChannel channel = (EpollSocketChannel) context.channel();
            // Not before the handshake: a route's own choice would go before the socket's.
            Sockets.setCongestionControl(channel.fd().intValue(), Site.CONGESTION_CONTROL);
            channels.add(channel);
            context.fireChannelActive();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            note(new IOException("it was closed"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            note(cause);
            context.close();
        }

        private void note(Throwable cause) {
            if (!ended) {
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
            while (!ended && context.channel().isWritable()) {
                context.write(chunk.retainedDuplicate(), context.voidPromise());
            }
            context.flush();
        }
    }
}
