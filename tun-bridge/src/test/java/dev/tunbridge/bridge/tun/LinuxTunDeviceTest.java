package dev.tunbridge.bridge.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel's own TCP through two real devices. */
@Timeout(60)
class LinuxTunDeviceTest {
    enum Loop {
        EPOLL,
        NIO;

        EventLoopGroup group() {
            Assumptions.assumeTrue(this != EPOLL || Epoll.isAvailable(), "needs Netty's native epoll");
            return new MultiThreadIoEventLoopGroup(
                    1, this == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EPOLL, ON, ON, 198.18.0.2, 40",
        "EPOLL, ON, ON, 2001:2::2, 40",
        "EPOLL, ON, OFF, 198.18.0.2, 20",
        "EPOLL, OFF, OFF, 2001:2::2, 20",
        "NIO, ON, ON, 198.18.0.2, 20",
        "NIO, OFF, OFF, 198.18.0.2, 10"
    })
    void carriesKernelTcpUnharmed(
            Loop kind, TunOptions.Offload offload, TunOptions.Coalescing coalescing, String address, int megabytes)
            throws Exception {
        EventLoopGroup group = kind.group();
        TunOptions options = new TunOptions("tbt0", offload, coalescing);
        try (TunPair pair = TunPair.open(group.next(), options)) {
            transfer(pair, InetAddress.getByName(address), megabytes << 20);
            TunStats sent = statsOnLoop(group, pair.left);
            TunStats taken = statsOnLoop(group, pair.right);
            assertThat(sent.receivedMalformed()).isZero();
            assertThat(taken.refusedPackets()).isZero();
            assertThat(taken.droppedPackets()).isZero();
            if (offload == TunOptions.Offload.ON) {
                assertThat(sent.receivedReads()).as("super-packets").isLessThan(sent.receivedPackets() / 4);
            } else {
                assertThat(sent.receivedReads()).isEqualTo(sent.receivedPackets());
            }
            if (options.coalesces()) {
                assertThat(pair.right.isCoalescing())
                        .as("this kernel takes joined packets")
                        .isTrue();
                assertThat(taken.writes()).as("joined packets").isLessThan(taken.writtenPackets() / 4);
            } else {
                assertThat(taken.writes()).isEqualTo(taken.writtenPackets());
            }
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EPOLL, 198.18.0.2, 198.18.0.1",
        "EPOLL, 2001:2::2, 2001:2::1",
        "NIO, 198.18.0.2, 198.18.0.1",
    })
    void givesTheKernelsSocketsEachDatagramOfAJoinedOne(Loop kind, String from, String to) throws Exception {
        EventLoopGroup group = kind.group();
        InetSocketAddress source = new InetSocketAddress(from, 5_001);
        InetSocketAddress destination = new InetSocketAddress(to, 5_002);
        try (TestNamespace side = TestNamespace.make();
                LinuxTunDevice device = side.createDevice(TunOptions.named("tbt0"));
                DatagramChannel socket = side.network().call(DatagramChannel::open)) {
            Assumptions.assumeTrue(device.isCoalescingDatagrams(), "this kernel takes no joined datagrams (Linux 6.2)");
            side.setUp("tbt0", "198.18.0.1", "198.18.0.2", "2001:2::1", "2001:2::2");
            socket.bind(destination);
            device.open(group.next(), SilentHandler.INSTANCE);
            List<byte[]> payloads = new ArrayList<>();
            Random random = new Random(5);
            for (int number = 0; number < 45; number++) {
                byte[] payload = new byte[number < 44 ? 1_200 : 333];
                random.nextBytes(payload);
                payloads.add(payload);
            }
            TunStats stats = group.next()
                    .submit(() -> {
                        for (byte[] payload : payloads) {
                            byte[] packet = Packets.udp(source, destination, payload);
                            device.write(Unpooled.wrappedBuffer(packet), 0, packet.length);
                        }
                        device.flush();
                        return device.stats();
                    })
                    .get(10, TimeUnit.SECONDS);
            assertThat(stats.refusedPackets() + stats.droppedPackets()).isZero();
            assertThat(stats.writtenPackets()).isEqualTo(45);
            assertThat(stats.writes()).as("joined").isEqualTo(1);
            ByteBuffer taken = ByteBuffer.allocate(2_000);
            for (byte[] payload : payloads) {
                assertThat(socket.receive(taken.clear())).isEqualTo(source);
                assertThat(Arrays.copyOf(taken.array(), taken.position())).isEqualTo(payload);
            }
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource(Loop.class)
    void saysThatTheInterfaceIsGone(Loop kind) throws Exception {
        EventLoopGroup group = kind.group();
        CompletableFuture<IOException> lost = new CompletableFuture<>();
        try (TestNamespace side = TestNamespace.make();
                LinuxTunDevice device = side.createDevice(TunOptions.named("tbt0"))) {
            device.open(group.next(), new LossHandler(lost));
            side.run("link set tbt0 up");
            side.run("link del tbt0");
            assertThat(lost.get(10, TimeUnit.SECONDS)).hasMessageContaining("tbt0");
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource(Loop.class)
    void saysWhenReadingResumesThatTheInterfaceWentMeanwhile(Loop kind) throws Exception {
        EventLoopGroup group = kind.group();
        CompletableFuture<IOException> lost = new CompletableFuture<>();
        try (TestNamespace side = TestNamespace.make();
                LinuxTunDevice device = side.createDevice(TunOptions.named("tbt0"))) {
            device.open(group.next(), new LossHandler(lost));
            group.next().submit(device::pauseReading).sync();
            side.run("link del tbt0");
            group.next().submit(device::resumeReading).sync();
            assertThat(lost.get(10, TimeUnit.SECONDS)).hasMessageContaining("tbt0");
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void theInterfaceIsGoneAfterClose() throws Exception {
        EventLoopGroup group = Loop.EPOLL.group();
        try (TestNamespace side = TestNamespace.make()) {
            LinuxTunDevice device = side.createDevice(TunOptions.named("tbt0"));
            device.open(group.next(), SilentHandler.INSTANCE);
            assertThat(device.isOpen()).isTrue();
            device.close();
            device.close();
            assertThat(device.isOpen()).isFalse();
            assertThatThrownBy(() -> side.run("link show tbt0")).hasMessageContaining("tbt0");
            assertThatThrownBy(() -> device.open(group.next(), SilentHandler.INSTANCE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("closed");
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void canBeClosedAfterItsLoopHasEnded() throws Exception {
        EventLoopGroup group = Loop.EPOLL.group();
        try (TestNamespace side = TestNamespace.make()) {
            LinuxTunDevice device = side.createDevice(TunOptions.named("tbt0"));
            device.open(group.next(), SilentHandler.INSTANCE);
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            device.close();
            assertThatThrownBy(() -> side.run("link show tbt0")).hasMessageContaining("tbt0");
        }
    }

    private static TunStats statsOnLoop(EventLoopGroup group, TunDevice device) throws Exception {
        return group.next().submit(device::stats).get(10, TimeUnit.SECONDS);
    }

    /** From left to right, with a digest in return. */
    private static void transfer(TunPair pair, InetAddress address, int bytes) throws Exception {
        try (ServerSocket server = pair.rightSide.network().call(() -> new ServerSocket(5_001, 1, address))) {
            CompletableFuture<String> received = CompletableFuture.supplyAsync(() -> receive(server, bytes));
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Random random = new Random(17);
            byte[] block = new byte[1 << 16];
            try (Socket client = pair.leftSide.network().call(() -> {
                Socket socket = new Socket();
                socket.connect(new InetSocketAddress(address, 5_001), 10_000);
                return socket;
            })) {
                for (int sent = 0; sent < bytes; sent += block.length) {
                    random.nextBytes(block);
                    digest.update(block);
                    client.getOutputStream().write(block);
                }
                assertThat(received.get(30, TimeUnit.SECONDS))
                        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
            }
        }
    }

    private static String receive(ServerSocket server, int bytes) {
        try (Socket socket = server.accept()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] block = new byte[1 << 16];
            for (int got = 0; got < bytes; got += block.length) {
                in.readFully(block);
                digest.update(block);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private record LossHandler(CompletableFuture<IOException> lost) implements TunHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {}

        @Override
        public void onReadComplete() {}

        @Override
        public void onDeviceLost(IOException cause) {
            lost.complete(cause);
        }
    }
}
