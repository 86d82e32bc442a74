package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.netlink.InterfaceCounters;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Local senders at full speed into a TUN device of 25 packets behind which everything is slow: real sockets, real devices. */
class BackpressureTest {
    private static final int TX_QUEUE_LENGTH = 25;
    private static final double READ_BYTES_PER_SECOND = 250_000;

    /** Slower than the reader, or its own delays would fill the device; which has room for one of a tenth of a second. */
    private static final TokenBucket BUCKET = new TokenBucket(225_000, 2_800, 400 * 1024);

    private static final int DATAGRAM_BYTES = 1200;
    private static final int DATAGRAMS = 300;
    private static final int CHUNK = 200;

    /** Nothing at all is lost, but where the machine keeps the reader from reading for longer than the device is long. */
    private static final int STALLS = DATAGRAMS / 20;

    private static final int BARE_LOSES_TIMES = 4;

    private static final int TRANSFER_BYTES = 1 << 19;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private TestNamespace device;
    private TestNamespace client;
    private TunInterface tun;
    private TunInterface farTun;

    @BeforeEach
    void openNamespaces() throws Exception {
        device = TestNamespace.open();
        client = TestNamespace.open();
        tun = device.openTun("tb0");
        farTun = client.openTun("tb1");
        device.setUp(addressing("tb0", "198.19.0.1"));
        client.setUp(addressing("tb1", "198.19.0.2"));
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        for (AutoCloseable opened : new AutoCloseable[] {tun, farTun, device, client}) {
            if (opened != null) {
                opened.close();
            }
        }
    }

    @Test
    void datagramsWaitInFrontOfAShapedDeviceAndAreLostInABareOne() throws Exception {
        try (DatagramChannel channel = sender();
                SlowReader reader = new SlowReader(tun, farTun, READ_BYTES_PER_SECOND, Optional.empty())) {
            try (Shaper shaper = device.call(() -> Shaper.open("tb0"))) {
                shaper.apply(Optional.of(BUCKET));
                long start = System.nanoTime();
                sendDatagrams(channel, DATAGRAMS);
                // The sender has been held: all but what its socket's buffer holds has left by now.
                assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(500));
                awaitAll(reader, DATAGRAMS, 0, 0);
                assertThat(shaper.root().orElseThrow().dropped()).isZero();
            }
            long lost = dropped();
            assertThat(lost).isLessThanOrEqualTo(STALLS);
            assertThat(reader.packets()).isEqualTo(DATAGRAMS - lost);

            sendDatagrams(channel, DATAGRAMS);
            assertThat(dropped() - lost).isGreaterThan(BARE_LOSES_TIMES * STALLS);
        }
    }

    @Test
    void segmentsWaitInFrontOfAShapedDeviceAndAreLostInABareOne() throws Exception {
        try (SlowReader reader = new SlowReader(tun, farTun, READ_BYTES_PER_SECOND, Optional.empty())) {
            try (Shaper shaper = device.call(() -> Shaper.open("tb0"))) {
                shaper.apply(Optional.of(BUCKET));
                assertThat(transfer()).isEqualTo(TRANSFER_BYTES);
                assertThat(shaper.root().orElseThrow().dropped()).isZero();
            }
            long lost = dropped();
            assertThat(reader.packets()).isGreaterThan(TRANSFER_BYTES / 1400);

            assertThat(transfer()).isEqualTo(TRANSFER_BYTES);
            assertThat(dropped() - lost).isPositive().isGreaterThan(BARE_LOSES_TIMES * lost);
        }
    }

    /** The whole way: what the tuner is told makes the rate, and nobody tells it the reader's. */
    @Test
    void theTunerFindsTheRateAtWhichNothingIsLost() throws Exception {
        TuningOptions options = TuningOptions.of(BridgeConfig.defaults()
                .with(Map.of(
                        "tun.tx-queue-length", String.valueOf(TX_QUEUE_LENGTH),
                        "queue.bytes", String.valueOf(SlowReader.QUEUE_LIMIT))));
        PathTuner tuner = device.call(() -> PathTuner.open(options, "tb0"));
        try {
            tuner.established(new TunnelShape(InetAddress.getByName("198.19.0.1"), 1400, 0));
            try (DatagramChannel channel = sender();
                    SlowReader reader = new SlowReader(tun, farTun, READ_BYTES_PER_SECOND, Optional.of(tuner))) {
                awaitRate(tuner, ShaperPolicy.LEAST_GUARD);
                int sent = 0;
                while (rate(tuner) > 1.6 * READ_BYTES_PER_SECOND) {
                    sendDatagrams(channel, CHUNK);
                    sent += CHUNK;
                    assertThat(sent).as("datagrams until the rate is found").isLessThan(50 * CHUNK);
                }
                awaitAll(reader, sent - STALLS, 0, 0);
                long droppedBefore = dropped();
                long overflowsBefore = reader.overflows();
                long readBefore = reader.packets();
                sendDatagrams(channel, DATAGRAMS);
                assertThat(rate(tuner)).isBetween(0.2 * READ_BYTES_PER_SECOND, 1.6 * READ_BYTES_PER_SECOND);
                awaitAll(reader, DATAGRAMS - STALLS, readBefore, droppedBefore);

                long lost = dropped() - droppedBefore + reader.overflows() - overflowsBefore;
                assertThat(lost).isLessThanOrEqualTo(STALLS);
            }
        } finally {
            tuner.close();
        }
        assertThat(device.run("tc", "qdisc", "show", "dev", "tb0")).doesNotContain("tbf");
    }

    private static double rate(PathTuner tuner) {
        return tuner.stats().shaper().map(TokenBucket::rateBytesPerSecond).orElse(0L);
    }

    /** Until the routes are set, and the device is shaped as one that is short and of which nothing is known. */
    private static void awaitRate(PathTuner tuner, double rate) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (rate(tuner) != rate || tuner.stats().route().isEmpty()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** One socket for all: it is held when its buffer is full, and another would bring another buffer. */
    private DatagramChannel sender() throws Exception {
        return device.call(() -> DatagramChannel.open().bind(new InetSocketAddress("198.19.0.1", 0)));
    }

    private static void sendDatagrams(DatagramChannel channel, int count) throws IOException {
        InetSocketAddress far = new InetSocketAddress("198.19.0.2", 9);
        for (int i = 0; i < count; i++) {
            channel.send(ByteBuffer.allocate(DATAGRAM_BYTES), far);
        }
    }

    /** Bytes that arrived. */
    private long transfer() throws Exception {
        InetAddress address = InetAddress.getByName("198.19.0.2");
        try (ServerSocket server = client.call(() -> new ServerSocket(0, 1, address));
                Socket socket = new Socket()) {
            CompletableFuture<Long> arrived = new CompletableFuture<>();
            client.newThread(() -> receive(server, arrived)).start();
            device.call(() -> {
                socket.connect(server.getLocalSocketAddress(), 10_000);
                return socket;
            });
            OutputStream out = socket.getOutputStream();
            out.write(new byte[TRANSFER_BYTES]);
            socket.shutdownOutput();
            return arrived.get(30, TimeUnit.SECONDS);
        }
    }

    private static void receive(ServerSocket server, CompletableFuture<Long> arrived) {
        try (Socket socket = server.accept();
                InputStream in = socket.getInputStream()) {
            arrived.complete(in.transferTo(OutputStream.nullOutputStream()));
        } catch (Exception e) {
            arrived.completeExceptionally(e);
        }
    }

    private long dropped() throws Exception {
        return device.call(() -> InterfaceCounters.read("tb0").orElseThrow().sentDropped());
    }

    /** Until so many packets, since the counts before, have been read or dropped. */
    private void awaitAll(SlowReader reader, int count, long readBefore, long droppedBefore) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (reader.packets() - readBefore + dropped() - droppedBefore < count) {
            assertThat(System.nanoTime())
                    .as(
                            "%d read, %d dropped of %d; %s",
                            reader.packets(), dropped(), count, device.run("tc", "-s", "qdisc", "show", "dev", "tb0"))
                    .isLessThan(deadline);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static TunAddressing addressing(String device, String address) throws Exception {
        return new TunAddressing(
                device,
                InetAddress.getByName(address),
                30,
                1400,
                TX_QUEUE_LENGTH,
                List.of(),
                TunAddressing.SourceRule.PRESENT);
    }
}
