package dev.tunbridge.sim.traffic;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * A web server of a fixed set of files, {@code GET /0} and so on, with or without TLS, on one thread. Unlike {@link
 * HttpService} it is made to be measured: header and content leave together, and nothing is computed for a request.
 */
public final class WebService implements AutoCloseable {
    private static final int BACKLOG = 1024;

    private final MultiThreadIoEventLoopGroup loop;
    private final WebContent content;
    private final Optional<SslContext> tls;
    private final Channel listener;

    private WebService(ThreadFactory threads, InetSocketAddress address, WebContent content, Optional<SslContext> tls)
            throws IOException, InterruptedException {
        loop = new MultiThreadIoEventLoopGroup(1, threads, EpollIoHandler.newFactory());
        this.content = content;
        this.tls = tls;
        boolean isBound = false;
        try {
            listener = bind(address);
            isBound = true;
        } finally {
            if (!isBound) {
                end();
            }
        }
    }

    /**
     * Listens.
     *
     * @param threads whose namespace the sockets are in
     * @param address with port 0 for one of the kernel's choice
     * @param identity for TLS; plain HTTP without
     */
    public static WebService start(
            ThreadFactory threads, InetSocketAddress address, WebContent content, Optional<SelfSigned> identity)
            throws IOException, InterruptedException {
        Optional<SslContext> tls = Optional.empty();
        if (identity.isPresent()) {
            SelfSigned own = identity.get();
            tls = Optional.of(SslContextBuilder.forServer(own.key(), own.certificate())
                    .sslProvider(SslProvider.JDK)
                    .build());
        }
        return new WebService(threads, address, content, tls);
    }

    private Channel bind(InetSocketAddress address) throws IOException, InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new ChannelInitializer<EpollSocketChannel>() {
                    @Override
                    protected void initChannel(EpollSocketChannel channel) {
                        tls.ifPresent(context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
                        channel.pipeline().addLast(new HttpServerCodec(), new Answering());
                    }
                });
        // Made on the loop's thread, the listening socket is in its namespace.
        ChannelFuture bound =
                loop.submit(() -> bootstrap.bind(address)).sync().getNow().await();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
        }
        return bound.channel();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        end();
    }

    /** With it go its connections. */
    private void end() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    private final class Answering extends SimpleChannelInboundHandler<HttpObject> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (!(message instanceof HttpRequest request)) {
                return;
            }
            Optional<byte[]> file = file(request);
            ByteBuf body = file.map(Unpooled::wrappedBuffer).orElse(Unpooled.EMPTY_BUFFER);
            HttpResponseStatus status = file.isPresent() ? HttpResponseStatus.OK : HttpResponseStatus.NOT_FOUND;
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            boolean isKept = HttpUtil.isKeepAlive(request);
            HttpUtil.setKeepAlive(response, isKept);
            ChannelFuture written = context.writeAndFlush(response);
            if (!isKept) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        private Optional<byte[]> file(HttpRequest request) {
            String path = request.decoderResult().isSuccess() ? request.uri() : "";
            if (!path.matches("/[0-9]{1,6}")) {
                return Optional.empty();
            }
            int number = Integer.parseInt(path.substring(1));
            return number < content.count() ? Optional.of(content.file(number)) : Optional.empty();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // The client sees the connection end, and counts it.
            context.close();
        }
    }
}
