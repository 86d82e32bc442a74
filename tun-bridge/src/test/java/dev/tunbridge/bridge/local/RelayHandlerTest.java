package dev.tunbridge.bridge.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.Bridge;
import dev.tunbridge.bridge.BridgeBuilder;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.ChannelInfo;
import dev.tunbridge.bridge.RelayChannel;
import dev.tunbridge.bridge.RelayHandler;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.queue.QueueFullException;
import dev.tunbridge.bridge.relay.OpenRefusal;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Message.CloseHow;
import dev.tunbridge.protocol.message.Message.OpenStatus;
import dev.tunbridge.protocol.message.Octets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Virtual sockets that the application serves itself, of a whole bridge, and what its listener hears of them. */
@Timeout(60)
class RelayHandlerTest {
    private static final InetAddress CLIENT = InetAddresses.forString("198.18.0.9");
    private static final ChannelInfo INFO = new ChannelInfo(true, 80, new InetSocketAddress(CLIENT, 40_000));

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<RelayChannel> opened = new LinkedBlockingQueue<>();
    private ScriptedServer server;
    private @Nullable Bridge bridge;

    @BeforeEach
    void listen() throws IOException {
        server = new ScriptedServer();
    }

    @AfterEach
    void close() throws IOException {
        if (bridge != null) {
            bridge.close();
        }
        server.close();
    }

    private void start(BridgeBuilder builder) throws Exception {
        Bridge built = builder.server("127.0.0.1", server.port())
                .set("carriage", "socket")
                .listener(new BridgeListener() {
                    @Override
                    public void onChannelOpened(ChannelInfo channel) {
                        heard.add("opened " + channel);
                    }

                    @Override
                    public void onChannelRefused(ChannelInfo channel, OpenRefusal reason) {
                        heard.add("refused " + channel + " " + reason);
                    }

                    @Override
                    public void onChannelClosed(ChannelInfo channel, long bytesDown, long bytesUp) {
                        heard.add("closed " + channel + " " + bytesDown + " " + bytesUp);
                    }
                })
                .build();
        bridge = built;
        var started = built.start().toCompletableFuture();
        server.welcome();
        started.get(10, TimeUnit.SECONDS);
    }

    /** Tells what it hears, and is done with it at once. */
    private final class Recorder implements RelayHandler {
        @Override
        public Receiver onOpen(RelayChannel channel) {
            opened.add(channel);
            return new Receiver() {
                @Override
                public void onBytes(byte[] bytes) {
                    heard.add(new String(bytes, StandardCharsets.UTF_8));
                    channel.taken(bytes.length);
                }

                @Override
                public void onEnd() {
                    heard.add("end");
                }

                @Override
                public void onClosed(boolean isReset) {
                    heard.add(isReset ? "reset" : "over");
                }
            };
        }
    }

    private void open(int channel, int transport, int port) throws IOException {
        server.say(new Message.Open(channel, transport, port, CLIENT, 40_000));
    }

    private String hears() throws InterruptedException {
        String next = heard.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("what is heard next").isNotNull();
        return next;
    }

    private static Message data(int channel, String text) {
        return new Message.Data(channel, Octets.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theApplicationIsAServiceLikeAnyOther() throws Exception {
        start(Bridge.builder().relay("tcp:80", new Recorder()));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        assertThat(hears()).isEqualTo("opened " + INFO);
        RelayChannel channel = opened.take();
        assertThat(channel.info()).isEqualTo(INFO);
        server.say(new Message.Credit(1, 1_000), data(1, "question"), new Message.Close(1, CloseHow.END_OF_STREAM));
        assertThat(hears()).isEqualTo("question");
        assertThat(hears()).isEqualTo("end");
        channel.send(utf8("answer")).toCompletableFuture().get(10, TimeUnit.SECONDS);
        channel.end();
        assertThat(server.read(1, 6)).asString().isEqualTo("answer");
        assertThat(server.next()).isEqualTo(new Message.Close(1, CloseHow.END_OF_STREAM));
        assertThat(hears()).isEqualTo("over");
        assertThat(hears()).isEqualTo("closed " + INFO + " 8 6");
        assertThatThrownBy(() -> get(channel.send(utf8("late")))).isInstanceOf(IOException.class);
    }

    private static void get(CompletionStage<Void> stage) throws Throwable {
        try {
            stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    /** A client may not send more than the application has room for, nor the application more than the client has. */
    @Test
    void eachHoldsTheOtherUp() throws Exception {
        BlockingQueue<byte[]> came = new LinkedBlockingQueue<>();
        start(Bridge.builder().set("relay.channel-bytes", "64KiB").relay("tcp:80", channel -> {
            opened.add(channel);
            return came::add;
        }));
        open(1, Message.TCP, 80);
        Message.Opened answer = (Message.Opened) server.next();
        RelayChannel channel = opened.take();
        byte[] piece = new byte[1_024];
        for (int sent = 0; sent < answer.credit(); sent += piece.length) {
            server.say(new Message.Data(1, Octets.of(piece)));
        }
        for (int i = 0; i < answer.credit() / piece.length; i++) {
            assertThat(came.poll(10, TimeUnit.SECONDS)).hasSize(piece.length);
        }
        assertThat(server.poll(300)).as("credit for what is not done with").isNull();
        channel.taken((int) answer.credit());
        assertThat(server.next()).isInstanceOf(Message.Credit.class);
        assertThatThrownBy(() -> channel.taken(1)).hasMessageContaining("allowed 0 to 0");

        byte[] content = new byte[60 * 1024];
        new Random(3).nextBytes(content);
        CompletableFuture<Void> sent = channel.send(content).toCompletableFuture();
        assertThatThrownBy(() -> channel.send(content))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("relay.channel-bytes");
        assertThat(server.poll(300)).as("without credit").isNull();
        assertThat(sent).isNotDone();
        server.say(new Message.Credit(1, content.length));
        assertThat(server.read(1, content.length)).isEqualTo(content);
        sent.get(10, TimeUnit.SECONDS);
    }

    @Test
    void datagramsKeepTheirBounds() throws Exception {
        start(Bridge.builder().relay("udp:53", new Recorder()));
        open(2, Message.UDP, 53);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        RelayChannel channel = opened.take();
        server.say(new Message.Credit(2, 1_000), data(2, "one"), data(2, "two"));
        assertThat(hears()).isEqualTo("one");
        assertThat(hears()).isEqualTo("two");
        channel.send(utf8("1"));
        channel.send(utf8(""));
        channel.send(utf8("3"));
        assertThat(server.next()).isEqualTo(data(2, "1"));
        assertThat(server.next()).isEqualTo(data(2, ""));
        assertThat(server.next()).isEqualTo(data(2, "3"));
        channel.end();
        assertThat(server.next()).isEqualTo(new Message.Close(2, CloseHow.END_OF_STREAM));
        assertThat(hears()).isEqualTo("over");
    }

    @Test
    void eitherEndMayReset() throws Exception {
        start(Bridge.builder().relay("80-81", new Recorder()));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        opened.take().reset();
        assertThat(server.next()).isEqualTo(new Message.Close(1, CloseHow.RESET));
        assertThat(hears()).isEqualTo("reset");
        assertThat(hears()).startsWith("closed tcp 80");
        open(2, Message.TCP, 81);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        CompletionStage<Void> waiting = opened.take().send(utf8("nobody has room for this"));
        server.say(new Message.Close(2, CloseHow.RESET));
        assertThat(hears()).isEqualTo("reset");
        assertThatThrownBy(() -> get(waiting)).isInstanceOf(IOException.class);
    }

    /** What was refused counts no more, so who goes on hears each time that the channel is over. */
    @Test
    void whatIsSentBehindTheEndTakesNoRoom() throws Exception {
        start(Bridge.builder().set("relay.channel-bytes", "64KiB").relay("80", new Recorder()));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        RelayChannel channel = opened.take();
        byte[] large = new byte[60 * 1024];
        CompletionStage<Void> waiting = channel.send(large);
        channel.reset();
        assertThat(hears()).isEqualTo("reset");
        assertThatThrownBy(() -> get(waiting)).isInstanceOf(IOException.class);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> get(channel.send(large)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is over");
        }
    }

    /** Empty ones cost something as well. */
    @Test
    void sendsAreBoundedInNumber() throws Exception {
        start(Bridge.builder().set("relay.channel-bytes", "64KiB").relay("80", new Recorder()));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        RelayChannel channel = opened.take();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 64 * 1024; i++) {
                        channel.send(new byte[1]);
                    }
                })
                .isInstanceOf(QueueFullException.class);
    }

    @Test
    @SuppressWarnings("NullAway") // an application's fault
    void whatItRefusesAndWhatItThrowsIsToldToTheClient() throws Exception {
        start(Bridge.builder()
                .relay("80", channel -> {
                    throw new RelayHandler.RelayRefusedException("closed on Sundays");
                })
                .relay("81", channel -> {
                    throw new IllegalStateException("a fault of the application");
                })
                .relay("83", channel -> null)
                .relay("82", channel -> bytes -> {
                    throw new IllegalStateException("a fault of the application");
                }));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isEqualTo(new Message.Opened(1, OpenStatus.REFUSED, 0));
        assertThat(hears()).isEqualTo("refused " + INFO + " SERVICE_REFUSED");
        open(2, Message.TCP, 81);
        assertThat(server.next()).isEqualTo(new Message.Opened(2, OpenStatus.REFUSED, 0));
        open(4, Message.TCP, 83);
        assertThat(server.next()).isEqualTo(new Message.Opened(4, OpenStatus.REFUSED, 0));
        open(3, Message.TCP, 82);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        server.say(data(3, "x"));
        assertThat(server.next()).isEqualTo(new Message.Close(3, CloseHow.RESET));
    }

    @Test
    void aLostConnectionAndTheEndOfTheBridgeResetChannels() throws Exception {
        start(Bridge.builder().relay("80", new Recorder()));
        open(1, Message.TCP, 80);
        assertThat(server.next()).isInstanceOf(Message.Opened.class);
        hears();
        server.socket().close();
        assertThat(hears()).isEqualTo("reset");
        assertThat(hears()).startsWith("closed tcp 80");
    }

    @Test
    void withoutVirtualSocketsNothingIsServed() {
        assertThatThrownBy(() -> Bridge.builder()
                        .server("127.0.0.1", 1)
                        .set("carriage", "segment")
                        .relay("80", new Recorder())
                        .build())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("carriage")
                .hasMessageContaining("port 80");
        assertThatThrownBy(() -> Bridge.builder().relay("http", new Recorder()))
                .hasMessageContaining("'http' cannot be")
                .hasMessageContaining("tcp:");
    }
}
