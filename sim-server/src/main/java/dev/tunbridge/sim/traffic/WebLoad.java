package dev.tunbridge.sim.traffic;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A client of {@link WebService}: so many fetches, several at a time, each checked. All of it is on one thread, the
 * loop's; a fetch that ends lets the next begin.
 */
public final class WebLoad {
    /** After this long without a byte, or without a connection, a fetch has failed. */
    private static final int SILENCE_SECONDS = 10;

    /** What the loop may need to end itself after the limit. */
    private static final int MARGIN_SECONDS = 5;

    /** Whether a connection is used again. */
    public enum Connections {
        FRESH,
        KEPT
    }

    /**
     * What is fetched.
     *
     * @param content that the service has; file after file, and from the first again
     * @param fetches how many at most
     * @param parallel how many at a time
     * @param limitNanos after this time no fetch begins, and those under way are left
     */
    public record Plan(WebContent content, int fetches, int parallel, Connections connections, long limitNanos) {}

    /**
     * One fetch that brought what it should; all times from its beginning, with the connection if that is fresh.
     *
     * @param connectNanos until TCP was connected; 0 on a connection that was there
     * @param firstByteNanos until the answer began
     * @param nanos until the answer was whole
     */
    public record Fetch(long connectNanos, long firstByteNanos, long nanos, long bytes) {}

    /**
     * What became of a plan.
     *
     * @param failed fetches that did not bring what they should
     * @param fault what the first of them met; empty if none
     * @param nanos from the start to the end of the last fetch
     */
    public record Outcome(List<Fetch> fetches, int failed, String fault, long nanos) {
        public long bytes() {
            return fetches.stream().mapToLong(Fetch::bytes).sum();
        }
    }

    private final InetSocketAddress service;
    private final Plan plan;
    private final Optional<SslContext> tls;
    private final EventLoop loop;
    private final CompletableFuture<Outcome> end = new CompletableFuture<>();

    // The loop's.
    private final List<Fetch> fetches = new ArrayList<>();
    private final List<Slot> slots = new ArrayList<>();
    private long startNanos;
    private long lastEndNanos;
    private int begun;
    private int busySlots;
    private int failed;
    private String fault = "";
    private boolean ending;

    private WebLoad(InetSocketAddress service, Plan plan, Optional<SslContext> tls, EventLoop loop) {
        this.service = service;
        this.plan = plan;
        this.tls = tls;
        this.loop = loop;
    }

    /**
     * Fetches, and waits for the end.
     *
     * @param threads whose namespace the sockets are in
     * @param trusted the only certificate that is taken, and TLS with it; plain HTTP without
     * @throws IOException where no fetch succeeded
     */
    public static Outcome play(
            ThreadFactory threads, InetSocketAddress service, Optional<X509Certificate> trusted, Plan plan)
            throws IOException, InterruptedException {
        Optional<SslContext> tls = Optional.empty();
        if (trusted.isPresent()) {
            // Without a name to check and to remember sessions by: each connection is negotiated in full.
            tls = Optional.of(SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .trustManager(trusted.get())
                    .endpointIdentificationAlgorithm(null)
                    .build());
        }
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, threads, EpollIoHandler.newFactory());
        try {
            WebLoad load = new WebLoad(service, plan, tls, group.next());
            load.loop.execute(load::begin);
            Outcome outcome = load.await();
            if (outcome.fetches().isEmpty()) {
                throw new IOException("nothing could be fetched from " + service + " within "
                        + TimeUnit.NANOSECONDS.toMillis(plan.limitNanos()) + " ms"
                        + (outcome.fault().isEmpty() ? "" : ": " + outcome.fault()));
            }
            return outcome;
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        }
    }

    private Outcome await() throws IOException, InterruptedException {
        try {
            long margin = TimeUnit.SECONDS.toNanos(MARGIN_SECONDS);
            return end.get(plan.limitNanos() + margin, TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the client has not ended within its limit", e);
        }
    }

    private void begin() {
        startNanos = System.nanoTime();
        lastEndNanos = startNanos;
        loop.schedule(this::endEarly, plan.limitNanos(), TimeUnit.NANOSECONDS);
        for (int slot = 0; slot < plan.parallel(); slot++) {
            slots.add(new Slot());
        }
        busySlots = slots.size();
        slots.forEach(Slot::next);
    }

    private void endEarly() {
        ending = true;
        finish();
    }

    private void finish() {
        slots.forEach(Slot::close);
        end.complete(new Outcome(List.copyOf(fetches), failed, fault, lastEndNanos - startNanos));
    }

    /** One fetch after another, and their connection. */
    private final class Slot {
        private @Nullable Channel channel;
        private @Nullable Digest digest;
        private int file;
        private long beginNanos;
        private long connectNanos;
        private long firstByteNanos;
        private boolean isUnderWay;

        void next() {
            if (ending || begun == plan.fetches()) {
                close();
                if (--busySlots == 0 && !ending) {
                    finish();
                }
                return;
            }
            file = begun++ % plan.content().count();
            beginNanos = System.nanoTime();
            connectNanos = 0;
            firstByteNanos = 0;
            digest = new Digest();
            isUnderWay = true;
            Channel kept = channel;
            if (kept != null && kept.isActive()) {
                request(kept);
            } else {
                connect();
            }
        }

        private void connect() {
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TimeUnit.SECONDS.toMillis(SILENCE_SECONDS))
                    .handler(new ChannelInitializer<EpollSocketChannel>() {
                        @Override
                        protected void initChannel(EpollSocketChannel connecting) {
                            tls.ifPresent(
                                    context -> connecting.pipeline().addLast(context.newHandler(connecting.alloc())));
                            connecting
                                    .pipeline()
                                    .addLast(
                                            new ReadTimeoutHandler(SILENCE_SECONDS),
                                            new HttpClientCodec(),
                                            new Receiving(Slot.this));
                        }
                    });
            ChannelFuture connection = bootstrap.connect(service);
            channel = connection.channel();
            connection.addListener(done -> {
                if (!done.isSuccess()) {
                    fail(connection.channel(), String.valueOf(done.cause().getMessage()));
                }
            });
        }

        void onConnected(Channel connected) {
            connectNanos = System.nanoTime() - beginNanos;
            if (tls.isEmpty()) {
                request(connected);
            }
        }

        void request(Channel connected) {
            FullHttpRequest request =
                    new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/" + file, Unpooled.EMPTY_BUFFER);
            request.headers().set(HttpHeaderNames.HOST, service.getAddress().getHostAddress());
            HttpUtil.setKeepAlive(request, plan.connections() == Connections.KEPT);
            connected.writeAndFlush(request);
        }

        void onMessage(Channel from, HttpObject message) {
            Digest received = digest;
            if (!isUnderWay || received == null || from != channel) {
                return;
            }
            if (message instanceof HttpResponse response) {
                firstByteNanos = System.nanoTime() - beginNanos;
                if (response.status().code() != 200) {
                    fail(from, "the service answered " + response.status());
                    return;
                }
            }
            if (message instanceof HttpContent content) {
                ByteBuf bytes = content.content();
                received.update(ByteBufUtil.getBytes(bytes), bytes.readableBytes());
            }
            if (message instanceof LastHttpContent) {
                onWhole(from, received);
            }
        }

        private void onWhole(Channel from, Digest received) {
            lastEndNanos = System.nanoTime();
            long bytes = received.bytes();
            if (!plan.content().isIntact(file, received)) {
                fail(from, "file " + file + " is not what was sent: " + bytes + " bytes");
                return;
            }
            isUnderWay = false;
            fetches.add(new Fetch(connectNanos, firstByteNanos, lastEndNanos - beginNanos, bytes));
            if (plan.connections() == Connections.FRESH) {
                close();
            }
            next();
        }

        /** Of a connection that is not this fetch's any more it says nothing. */
        void fail(Channel of, String reason) {
            if (!isUnderWay || of != channel) {
                return;
            }
            isUnderWay = false;
            close();
            if (ending) {
                return;
            }
            failed++;
            fault = fault.isEmpty() ? reason : fault;
            // Not at once: a service that refuses would be asked without end in one turn of the loop.
            loop.execute(this::next);
        }

        void close() {
            Channel open = channel;
            channel = null;
            isUnderWay = false;
            if (open != null) {
                open.close();
            }
        }
    }

    private static final class Receiving extends SimpleChannelInboundHandler<HttpObject> {
        private final Slot slot;

        Receiving(Slot slot) {
            this.slot = slot;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            slot.onConnected(context.channel());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
                slot.request(context.channel());
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            slot.onMessage(context.channel(), message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            slot.fail(context.channel(), String.valueOf(cause));
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            slot.fail(context.channel(), "the connection ended before the answer was whole");
        }
    }
}
