package dev.tunbridge.sim.e2e;

import static dev.tunbridge.sim.e2e.InnerFlow.darken;
import static dev.tunbridge.sim.e2e.InnerFlow.darkenUplink;
import static dev.tunbridge.sim.e2e.InnerFlow.lighten;
import static dev.tunbridge.sim.e2e.InnerFlow.lightenUplink;
import static dev.tunbridge.sim.e2e.InnerFlow.loseOnePacketBehind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.scene.Family;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import jdk.net.ExtendedSocketOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Linux sends and nobody may keep from its peer: it comes out of the tunnel as it went in, and as often. */
class SuppressionPassesTest {
    private static final int BYTES = 500;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void passesAcknowledgementsAndTheUpdateOfAClosedWindow() throws Exception {
        int bytes = 200_000;
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene, 16_384)) {
            FutureTask<Boolean> sending = new FutureTask<>(() -> {
                flow.peer().getOutputStream().write(new byte[bytes]);
                return true;
            });
            scene.serverSide().newThread(sending).start();
            RecordedSegment closed =
                    flow.awaitSent(1, segment -> segment.window() == 0).get(0);
            assertThat(flow.device().getInputStream().readNBytes(bytes)).hasSize(bytes);
            sending.get(30, TimeUnit.SECONDS);
            List<Fate> acknowledgements = matching(flow.fates(), RecordedSegment::isPureAcknowledgement);
            assertThat(acknowledgements).hasSizeGreaterThan(10).allMatch(Fate::isWhole);
            assertThat(acknowledgements)
                    .as("the window opens again, and nothing else is new")
                    .anyMatch(fate -> fate.sent().isAfter(closed)
                            && fate.sent().window() > 0
                            && fate.sent().acknowledgementNumber() == closed.acknowledgementNumber());
        }
    }

    @Test
    void passesDuplicateAcknowledgements() throws Exception {
        Scenes.requireProgram("nft");
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            loseOnePacketBehind(scene.deviceSide(), "tb0", BYTES);
            int segments = 4;
            for (int i = 0; i < segments; i++) {
                flow.peer().getOutputStream().write(new byte[BYTES]);
                TimeUnit.MILLISECONDS.sleep(10); // so that the bridge does not hand them over as one
            }
            flow.awaitSent(1, segment -> segment.sackBlocks() > 0);
            assertThat(flow.device().getInputStream().readNBytes(segments * BYTES))
                    .hasSize(segments * BYTES);
            List<Fate> duplicates = matching(flow.fates(), segment -> segment.sackBlocks() > 0);
            assertThat(duplicates).isNotEmpty().allMatch(Fate::isWhole);
        }
    }

    @Test
    void passesAReset() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            darken(scene);
            flow.write(BYTES);
            flow.awaitSent(2, segment -> segment.payloadLength() == BYTES);
            flow.device().setSoLinger(true, 0);
            flow.device().close();
            flow.awaitSent(1, segment -> segment.hasFlags(TcpView.RST));
            lighten(scene);
            assertThatThrownBy(() -> flow.peer().getInputStream().readNBytes(BYTES + 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
            assertThat(matching(flow.fates(), segment -> segment.hasFlags(TcpView.RST)))
                    .isNotEmpty()
                    .allMatch(Fate::isWhole);
        }
    }

    @Test
    void passesEachKeepAliveProbe() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            darken(scene);
            flow.device().setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 1);
            flow.device().setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1);
            flow.device().setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            int next = lastNumber(flow);
            // Linux repeats the number before, without a byte.
            Predicate<RecordedSegment> isProbe =
                    segment -> segment.isPureAcknowledgement() && segment.sequenceNumber() == next - 1;
            int probes = flow.awaitSent(2, isProbe).size();
            lighten(scene);
            assertThat(matching(flow.fates(), isProbe))
                    .hasSizeGreaterThanOrEqualTo(probes)
                    .allMatch(Fate::isWhole);
        }
    }

    @Test
    void passesEachProbeOfAClosedWindow() throws Exception {
        int bytes = 200_000;
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene, 8_192)) {
            FutureTask<Boolean> sending = new FutureTask<>(() -> {
                flow.write(bytes);
                return true;
            });
            scene.deviceSide().newThread(sending).start();
            // A probe repeats the number before the first that is not acknowledged, without the byte.
            List<RecordedSegment> probes = Awaitility.await()
                    .atMost(InnerFlow.LIMIT)
                    .until(() -> probes(flow.sent()), found -> found.size() >= 3);
            flow.take(bytes);
            sending.get(30, TimeUnit.SECONDS);
            List<RecordedSegment> arrived = flow.arrived();
            assertThat(probes).allMatch(probe -> arrived.stream().anyMatch(probe::isSameAs));
        }
    }

    @Test
    void passesAProbeThatRepeatsOneByte() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene);
                RawInnerSender raw = RawInnerSender.open(scene)) {
            darken(scene);
            flow.write(BYTES);
            RecordedSegment original = flow.awaitData(BYTES);
            int last = original.end() - 1;
            // Linux sends none; RFC 9293 section 3.8.4 allows it.
            raw.send(original, last, new byte[1]);
            flow.awaitSent(1, segment -> segment.sequenceNumber() == last);
            lighten(scene);
            flow.take(BYTES);
            assertThat(matching(flow.fates(), segment -> segment.sequenceNumber() == last))
                    .hasSize(1)
                    .allMatch(Fate::isWhole);
        }
    }

    @Test
    void passesUrgentDataAndItsCopies() throws Exception {
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            flow.peer().setOOBInline(true);
            darken(scene);
            flow.device().sendUrgentData(InnerFlow.content(20, 1)[0]);
            flow.awaitSent(1, segment -> segment.hasFlags(TcpView.URG));
            flow.device().getOutputStream().write(new byte[BYTES]);
            int copies =
                    flow.awaitSent(3, segment -> segment.hasFlags(TcpView.URG)).size();
            lighten(scene);
            assertThat(flow.peer().getInputStream().readNBytes(1 + BYTES)).hasSize(1 + BYTES);
            assertThat(matching(flow.fates(), segment -> segment.hasFlags(TcpView.URG)))
                    .hasSizeGreaterThanOrEqualTo(copies)
                    .allMatch(Fate::isWhole);
        }
    }

    @Test
    void passesWhatWasLostBehindTheTunnel() throws Exception {
        Scenes.requireProgram("nft");
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                InnerFlow flow = InnerFlow.open(scene)) {
            loseOnePacketBehind(scene.serverSide(), "sim0", BYTES);
            for (int i = 0; i < 4; i++) {
                flow.write(BYTES + i);
                int length = BYTES + i;
                flow.awaitArrived(segment -> segment.payloadLength() == length);
            }
            flow.take(4 * BYTES + 6);
            assertThat(flow.stats().overtaken()).as("%s", flow.stats()).isPositive();
            List<Fate> repaired = matching(flow.fates(), segment -> segment.payloadLength() == BYTES);
            assertThat(repaired).hasSizeGreaterThanOrEqualTo(2);
            assertThat(repaired.get(0).isWhole()).as("the one that was lost").isTrue();
            assertThat(repaired.stream().skip(1)).as("%s", repaired).anyMatch(Fate::isWhole);
        }
    }

    @Test
    void passesEverythingAfterAReconnect() throws Exception {
        BlockingQueue<BridgeState> states = new LinkedBlockingQueue<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                states.add(state);
            }
        };
        ScenePlan plan = ScenePlan.over(Scenes.profile("baseline")).set("reconnect.first", "200ms");
        try (Scene scene = Scene.open(plan, listener);
                InnerFlow flow = InnerFlow.open(scene)) {
            darkenUplink(scene);
            flow.write(BYTES);
            RecordedSegment original = flow.awaitData(BYTES);
            flow.awaitSent(2, segment -> segment.payloadLength() == BYTES);
            states.clear();
            scene.stopServer();
            Awaitility.await().atMost(InnerFlow.LIMIT).until(() -> states.contains(BridgeState.WAITING));
            assertThat(flow.arrived()).noneMatch(segment -> segment.payloadLength() == BYTES);
            scene.startServer();
            try (TunRecorder out = TunRecorder.outOfTheTunnel(scene)) {
                lightenUplink(scene);
                flow.take(BYTES);
                assertThat(scene.stats().connections()).isEqualTo(2);
                RecordedSegment first = InnerFlow.await(out, 1, segment -> segment.payloadLength() == BYTES)
                        .get(0);
                assertThat(flow.sent()).as("a copy").filteredOn(first::isSameAs).hasSize(1);
                assertThat(first.isSameAs(original)).isFalse();
                assertThat(first.sequenceNumber()).isEqualTo(original.sequenceNumber());
            }
        }
    }

    @Test
    void passesSignedSegmentsAndTheirCopies() throws Exception {
        byte[] key = {1, 2, 3, 4};
        MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Scene scene = InnerFlow.scene(Family.IPV4);
                TunRecorder in = TunRecorder.intoTheTunnel(scene);
                TunRecorder out = TunRecorder.outOfTheTunnel(scene)) {
            InetAddress device = scene.plan().inner().device();
            InetAddress server = scene.plan().inner().server();
            BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
            Channel service = bindSigned(scene, loop, Map.of(device, key), received);
            Channel client = scene.deviceSide()
                    .call(() -> new Bootstrap()
                            .group(loop)
                            .channel(EpollSocketChannel.class)
                            .option(EpollChannelOption.TCP_MD5SIG, Map.of(server, key))
                            .option(EpollChannelOption.TCP_NODELAY, true)
                            .handler(new ChannelInboundHandlerAdapter())
                            .connect(service.localAddress())
                            .sync()
                            .channel());
            darken(scene);
            client.writeAndFlush(Unpooled.buffer(BYTES).writeZero(BYTES));
            int copies = InnerFlow.await(in, 3, segment -> segment.payloadLength() == BYTES)
                    .size();
            lighten(scene);
            assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(BYTES);
            List<Fate> signed = matching(InnerFlow.fates(scene, in, out), segment -> segment.payloadLength() == BYTES);
            assertThat(signed).hasSizeGreaterThanOrEqualTo(copies).allMatch(Fate::isWhole);
            assertThat(signed).allMatch(fate -> fate.sent().hasOtherOptions());
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        }
    }

    private static Channel bindSigned(
            Scene scene,
            MultiThreadIoEventLoopGroup loop,
            Map<InetAddress, byte[]> keys,
            BlockingQueue<Integer> received)
            throws Exception {
        ServerBootstrap service = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(io.netty.channel.ChannelHandlerContext context, Object message) {
                        received.add(((io.netty.buffer.ByteBuf) message).readableBytes());
                        io.netty.util.ReferenceCountUtil.release(message);
                    }
                });
        Channel bound = scene.serverSide()
                .call(() -> service.bind(
                                new InetSocketAddress(scene.plan().inner().server(), 0))
                        .sync()
                        .channel());
        try {
            bound.config().setOption(EpollChannelOption.TCP_MD5SIG, keys);
        } catch (io.netty.channel.ChannelException e) {
            assumeTrue(false, "skipped: this kernel has no TCP-MD5: " + e);
        }
        return bound;
    }

    private static List<Fate> matching(List<Fate> fates, Predicate<RecordedSegment> kind) {
        return fates.stream().filter(fate -> kind.test(fate.sent())).toList();
    }

    /** The number behind all that the device has sent. */
    private static int lastNumber(InnerFlow flow) {
        return flow.sent().stream()
                .map(RecordedSegment::end)
                .reduce((a, b) -> SequenceNumber.isAfter(b, a) ? b : a)
                .orElseThrow();
    }

    private static List<RecordedSegment> probes(List<RecordedSegment> sent) {
        return sent.stream()
                .filter(segment -> segment.isPureAcknowledgement()
                        && sent.stream()
                                .anyMatch(earlier -> segment.isAfter(earlier)
                                        && earlier.payloadLength() > 0
                                        && SequenceNumber.isAfter(earlier.end(), segment.sequenceNumber())))
                .toList();
    }
}
