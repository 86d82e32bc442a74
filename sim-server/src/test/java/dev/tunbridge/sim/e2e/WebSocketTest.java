package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A WebSocket to a server behind the device: idle for a minute of real time, then through a reconnect. */
class WebSocketTest {
    private static final long IDLE_SECONDS = Long.getLong("tunbridge.idle.seconds", 60);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void staysOpenThroughAnIdleMinuteAndAReconnect() throws Exception {
        Semaphore established = new Semaphore(0);
        Semaphore closed = new Semaphore(0);
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onEstablished(TunnelInfo tunnel) {
                established.release();
            }
        };
        ScenePlan plan = ScenePlan.over(Scenes.profile("wan0")).set("reconnect.first", "200ms");
        try (Scene scene = Scene.open(plan, listener)) {
            assertThat(established.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            InetAddress device = plan.inner().device();
            MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                    1, scene.deviceSide().threadFactory("websocket"), NioIoHandler.newFactory());
            ExecutorService clients =
                    Executors.newCachedThreadPool(scene.serverSide().threadFactory("client"));
            try {
                Channel echo = scene.deviceSide().call(() -> echoServer(loops, device));
                int port = ((InetSocketAddress) echo.localAddress()).getPort();
                BlockingQueue<String> answers = new LinkedBlockingQueue<>();
                WebSocket socket = connect(scene, clients, port, answers, closed);
                assertThat(echoOf("first", socket, answers)).isEqualTo("first");
                // The wait is the test: nothing may close the connection meanwhile.
                assertThat(closed.tryAcquire(IDLE_SECONDS, TimeUnit.SECONDS)).isFalse();
                assertThat(echoOf("after a minute", socket, answers)).isEqualTo("after a minute");
                scene.stopServer();
                scene.startServer();
                assertThat(established.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
                assertThat(echoOf("after a reconnect", socket, answers)).isEqualTo("after a reconnect");
                assertThat(closed.availablePermits()).isZero();
                socket.abort();
            } finally {
                clients.shutdownNow();
                loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    private static @Nullable String echoOf(String text, WebSocket socket, BlockingQueue<String> answers)
            throws Exception {
        socket.sendText(text, true).get(20, TimeUnit.SECONDS);
        return answers.poll(40, TimeUnit.SECONDS);
    }

    static WebSocket connect(
            Scene scene, ExecutorService clients, int port, BlockingQueue<String> answers, Semaphore closed)
            throws Exception {
        String device = scene.plan().inner().device().getHostAddress();
        return scene.serverSide()
                .call(() -> HttpClient.newBuilder()
                        .executor(clients)
                        .build()
                        .newWebSocketBuilder()
                        .buildAsync(URI.create("ws://" + device + ":" + port + "/echo"), new Answers(answers, closed))
                        .get(20, TimeUnit.SECONDS));
    }

    static Channel echoServer(MultiThreadIoEventLoopGroup loops, InetAddress address) throws InterruptedException {
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(65_536))
                                .addLast(new WebSocketServerProtocolHandler("/echo"))
                                .addLast(new SimpleChannelInboundHandler<TextWebSocketFrame>() {
                                    @Override
                                    protected void channelRead0(
                                            ChannelHandlerContext context, TextWebSocketFrame frame) {
                                        context.writeAndFlush(new TextWebSocketFrame(frame.text()));
                                    }
                                });
                    }
                })
                .bind(new InetSocketAddress(address, 0))
                .sync()
                .channel();
    }

    private static final class Answers implements WebSocket.Listener {
        private final BlockingQueue<String> texts;
        private final Semaphore closed;

        Answers(BlockingQueue<String> texts, Semaphore closed) {
            this.texts = texts;
            this.closed = closed;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            texts.add(data.toString());
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
            closed.release();
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.release();
        }
    }
}
