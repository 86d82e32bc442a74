package dev.tunbridge.bridge.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.UdpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What holds for each kind of device. A subclass plays the kernel, in UDP datagrams between two fixed addresses. */
@Timeout(30)
abstract class TunDeviceContract {
    /** The kernel's end, where a socket is. */
    static final InetSocketAddress LOCAL = address("198.18.0.1", 4_000);

    /** The far end, behind the device. */
    static final InetSocketAddress REMOTE = address("198.18.0.2", 5_000);

    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final AtomicInteger readCompletions = new AtomicInteger();
    private volatile boolean closeOnPacket;
    private boolean opened;
    private EventLoopGroup group = newGroup();
    private EventLoop loop = group.next();

    abstract EventLoopGroup newGroup();

    abstract TunDevice makeDevice() throws Exception;

    /** Lets the kernel send a datagram from {@link #LOCAL} to {@link #REMOTE}. */
    abstract void sendFromKernel(byte[] payload) throws Exception;

    /** The payloads of the datagrams from {@link #REMOTE} that the kernel has got since the last call. */
    abstract List<byte[]> takeFromKernel() throws Exception;

    abstract TunDevice device();

    @BeforeEach
    void open() throws Exception {
        makeDevice().open(loop, new Recorder());
        opened = true;
    }

    @AfterEach
    void close() throws Exception {
        if (opened) {
            onLoop(() -> {
                device().close();
                return true;
            });
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    @Test
    void givesPacketsInOrderAndIntact() throws Exception {
        for (int i = 0; i < 50; i++) {
            sendFromKernel(text("packet " + i));
        }
        await().until(() -> received.size() == 50);
        for (int i = 0; i < 50; i++) {
            assertThat(received.poll()).isEqualTo("packet " + i);
        }
        await().until(() -> readCompletions.get() > 0);
        TunStats stats = onLoop(device()::stats);
        assertThat(stats.receivedPackets()).isEqualTo(50);
        assertThat(stats.receivedBytes()).isEqualTo(10 * 36 + 40 * 37);
    }

    @Test
    void writesNothingBeforeFlushAndEverythingAfter() throws Exception {
        ByteBuf packet = Unpooled.directBuffer().writeBytes(Packets.udp(REMOTE, LOCAL, text("whole")));
        onLoop(() -> {
            device().write(packet, 0, packet.readableBytes());
            return true;
        });
        assertThat(takeFromKernel()).isEmpty();
        onLoop(() -> {
            device().flush();
            return true;
        });
        awaitKernel("whole");
        assertThat(onLoop(device()::stats).writtenPackets()).isEqualTo(1);
    }

    @Test
    void takesAPacketInTwoPartsAndCopiesTheHeaderAtOnce() throws Exception {
        byte[] packet = Packets.udp(REMOTE, LOCAL, text("in parts"));
        onLoop(() -> {
            ByteBuf header = Unpooled.buffer().writeBytes(packet, 0, 20);
            device().write(header, 0, 20, Unpooled.wrappedBuffer(packet), 20, packet.length - 20);
            header.setZero(0, 20);
            device().flush();
            return true;
        });
        awaitKernel("in parts");
    }

    @Test
    void takesMorePacketsThanABatchHolds() throws Exception {
        int count = WriteBatch.MAX_PACKETS + 10;
        onLoop(() -> {
            for (int i = 0; i < count; i++) {
                byte[] packet = Packets.udp(REMOTE, LOCAL, text("x"));
                device().write(Unpooled.wrappedBuffer(packet), 0, packet.length);
            }
            device().flush();
            return true;
        });
        assertThat(onLoop(device()::stats).writtenPackets()).isEqualTo(count);
    }

    @Test
    void leavesPacketsWithTheKernelWhilePaused() throws Exception {
        onLoop(() -> {
            device().pauseReading();
            return true;
        });
        sendFromKernel(text("later"));
        // A turn of the loop after the packet is there.
        onLoop(() -> true);
        onLoop(() -> true);
        assertThat(received).isEmpty();
        onLoop(() -> {
            device().resumeReading();
            return true;
        });
        await().until(() -> received.contains("later"));
        sendFromKernel(text("after"));
        await().until(() -> received.contains("after"));
    }

    @Test
    void countsWhatIsNoIpPacketAsRefused() throws Exception {
        onLoop(() -> {
            device().write(Unpooled.wrappedBuffer(new byte[40]), 0, 40);
            device().flush();
            return true;
        });
        TunStats stats = onLoop(device()::stats);
        assertThat(stats.refusedPackets()).isEqualTo(1);
        assertThat(stats.writtenPackets()).isZero();
    }

    @Test
    void mayBeClosedWithinACallbackAndIsSilentThen() throws Exception {
        closeOnPacket = true;
        sendFromKernel(text("packet 0"));
        try {
            for (int i = 1; i < 5; i++) {
                sendFromKernel(text("packet " + i));
            }
        } catch (IOException e) {
            // The kernel's route has gone with the device.
        }
        await().until(() -> !device().isOpen());
        onLoop(() -> true);
        assertThat(received).hasSize(1);
        onLoop(() -> {
            device().write(Unpooled.wrappedBuffer(new byte[40]), 0, 40);
            device().flush();
            return true;
        });
    }

    private void awaitKernel(String expected) {
        await().until(() -> takeFromKernel().stream()
                .anyMatch(payload -> new String(payload, StandardCharsets.UTF_8).equals(expected)));
    }

    private <T> T onLoop(Callable<T> work) throws Exception {
        return loop.submit(work).get(10, TimeUnit.SECONDS);
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static InetSocketAddress address(String host, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private final class Recorder implements TunHandler {
        private final IpView ip = new IpView();
        private final UdpView udp = new UdpView();

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            if (ip.wrap(buffer, index, length) != IpProblem.OK || ip.protocol() != IpView.PROTOCOL_UDP) {
                return;
            }
            udp.wrap(buffer, ip.payloadIndex(), ip.payloadLength());
            boolean intact = Packets.isIntact(ByteBufUtil.getBytes(buffer, index, length, true));
            received.add(
                    intact
                            ? buffer.toString(udp.payloadIndex(), udp.payloadLength(), StandardCharsets.UTF_8)
                            : "damaged");
            if (closeOnPacket) {
                device().close();
            }
        }

        @Override
        public void onReadComplete() {
            readCompletions.incrementAndGet();
        }

        @Override
        public void onDeviceLost(IOException cause) {
            received.add("lost: " + cause);
        }
    }
}
