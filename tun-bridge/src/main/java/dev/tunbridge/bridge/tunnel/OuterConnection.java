package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.SocketOption;
import dev.tunbridge.linux.Sockets;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

    /** Netty's own buffer stays small, so that what waits does so in the egress queue, where it is ordered. */
    private static final WriteBufferWaterMark WRITE_BUFFER =
            new WriteBufferWaterMark(FrameWriter.BATCH_BYTES / 2, FrameWriter.BATCH_BYTES);

    /** What the tunnel hears of its connection. */
    interface Events extends MessageHandler {
        void onConnected();

        /** Some bytes came, before they are decoded. */
        void onHeard();

        /** All that one read brought has been decoded. */
        void onReadComplete();

        void onWritable();

        /** The end, once; never after {@link #close()}. */
        void onLost(String reason);
    }

    private final Channel channel;
    private final InetSocketAddress server;
    private final FrameFormat format;
    private final ReceiveBuffer receiveBuffer;
    private final KernelLane lane;
    private final FrameWriter writer;
    private final Events events;
    private boolean ended;
    private boolean decoding;

    private OuterConnection(
            Channel channel,
            InetSocketAddress server,
            FrameFormat format,
            MessageCodec codec,
            ReceiveBuffer receiveBuffer,
            Events events,
            OuterCounters counters) {
        this.channel = channel;
        this.server = server;
        this.format = format;
        this.receiveBuffer = receiveBuffer;
        this.events = events;
        lane = new KernelLane(format, codec, events, counters);
        writer = new FrameWriter(channel, format, codec, counters);
    }

    /** Starts to connect; {@code events} hears of the outcome. The address is resolved. */
    static OuterConnection open(
            EventLoop loop,
            BridgeConfig config,
            InetSocketAddress server,
            FrameFormat format,
            MessageCodec codec,
            Events events,
            OuterCounters counters) {
        boolean isEpoll = loop instanceof IoEventLoop ioLoop && ioLoop.isCompatible(EpollIoHandle.class);
        Channel channel = isEpoll ? new EpollSocketChannel() : new NioSocketChannel();
        ReceiveBuffer receiveBuffer = new ReceiveBuffer(channel.alloc(), format.maxFrameBytes());
        OuterConnection connection =
                new OuterConnection(channel, server, format, codec, receiveBuffer, events, counters);
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
                        if (channel instanceof EpollSocketChannel epoll) {
                            connection.tune(epoll.fd().intValue(), config);
                        }
                    }
                })
                .connect(server)
                .addListener(connect -> {
                    if (connect.isSuccess()) {
                        connection.connected();
                    } else {
                        connection.lost("cannot connect to " + text(server) + ": " + reason(connect.cause()));
                    }
                });
        return connection;
    }

    private void connected() {
        if (ended) {
            return;
        }
        try {
            events.onConnected();
        } catch (RuntimeException e) {
            LOG.error("a fault of the bridge itself ends this connection", e);
            lost(reason(e));
        }
    }

    /** What this kernel does not grant is said once for each connection, and the kernel's own way is good enough. */
    private void tune(int fd, BridgeConfig config) {
        try {
            tuneOrFail(fd, config);
        } catch (LinuxException e) {
            LOG.warn("a socket option stays as the kernel has it: {}", e.getMessage());
        }
    }

    private static void tuneOrFail(int fd, BridgeConfig config) throws LinuxException {
        Sockets.set(fd, SocketOption.TCP_NOTSENT_LOWAT, config.get(Settings.NOTSENT_LOWAT));
        long userTimeoutMillis = TimeUnit.NANOSECONDS.toMillis(config.get(Settings.USER_TIMEOUT));
        Sockets.set(fd, SocketOption.TCP_USER_TIMEOUT, (int) userTimeoutMillis);
        String congestionControl = config.get(Settings.CONGESTION_CONTROL);
        if (!congestionControl.equals("default")) {
            Sockets.setCongestionControl(fd, congestionControl);
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

    FrameWriter writer() {
        return writer;
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
        ended = true;
        channel.close();
        release(new IOException(reason));
        events.onLost(reason);
    }

    private void release(IOException cause) {
        writer.release(cause);
        receiveBuffer.release();
        if (!decoding) {
            lane.release(); // otherwise the frame that ended the connection still lies in the decoder
        }
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + " port " + address.getPort();
    }

    private static String reason(@Nullable Throwable cause) {
        String message = cause == null ? null : cause.getMessage();
        if (message == null) {
            return String.valueOf(cause);
        }
        // Netty: "finishConnect(..) failed with error(-111): Connection refused: /198.18.0.2:7000".
        return message.strip()
                .replaceAll("\\s+", " ")
                .replaceAll("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ", "")
                .replaceAll(": [^ ]*/[^ ]*:\\d+$", "");
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (ended) {
                bytes.release();
                return;
            }
            try {
                events.onHeard();
                decoding = true;
                lane.received(bytes);
            } catch (LostSynchronisationException e) {
                lost("the server sends what is not format '" + format.name() + "': " + e.getMessage());
            } finally {
                decoding = false;
                // The device takes packets from where they lie: before their memory goes, also when the connection
                // ends.
                events.onReadComplete();
                if (ended) {
                    lane.release();
                }
                bytes.release();
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
            lost("the server closed the connection");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!(cause instanceof IOException)) {
                LOG.error("a fault of the bridge itself ends this connection", cause);
            }
            lost(reason(cause));
        }
    }
}
