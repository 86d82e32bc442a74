package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.net.ServerRoute;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the tuner makes of samples, as {@code ip} and {@code tc} show it. */
class PathTunerTest {
    private static final long MILLI = 1_000_000;
    private static final long PATIENCE_NANOS = 20_000 * MILLI;

    private TunedDevice device;
    private long nowNanos;
    private long acked;

    @BeforeEach
    void openDevice() throws Exception {
        device = TunedDevice.open();
    }

    @AfterEach
    void closeDevice() throws Exception {
        if (device != null) {
            device.close();
        }
    }

    @Test
    void tunesRoutesAndQdiscByWhatItIsToldAndTakesEverythingBack() throws Exception {
        String routesBefore = device.routes();
        String qdiscBefore = device.qdisc();
        PathTuner tuner = device.tuner(Map.of());
        tuner.established(shape(1400, 20));
        await(() -> tuner.stats().route().containsKey("rto_min"));
        assertThat(device.routes())
                .contains("rto_min lock 200ms")
                .contains("features ecn")
                .contains("reordering 10");
        assertThat(device.routes()).doesNotContain("advmss");

        sample(tuner, 100, 2_500_000, 1_700_000);
        await(() -> "lock 400ms".equals(tuner.stats().route().get("rto_min")));
        assertThat(device.routes()).contains("rto_min lock 400ms");
        sample(tuner, 100, 2_500_000, 1_700_000);
        await(() -> tuner.stats().shaper().isPresent());
        assertThat(device.qdisc()).contains("tbf 5442: root");
        assertThat(tuner.stats().shaperChanges()).isEqualTo(1);
        assertThat(tuner.stats().faults()).isZero();

        tuner.disconnected();
        await(() -> tuner.stats().shaper().isEmpty());
        assertThat(device.qdisc()).isEqualTo(qdiscBefore);

        tuner.close();
        assertThat(device.routes()).isEqualTo(routesBefore);
        assertThat(device.qdisc()).isEqualTo(qdiscBefore);
        tuner.close(); // again does nothing
    }

    @Test
    void asksClientsForSegmentsThatFitOneOfTheOuterConnection() throws Exception {
        PathTuner tuner = device.tuner(Map.of("route.mtu", "auto"));
        tuner.established(shape(1440, 20));
        sample(tuner, 50, 0, 0);
        await(() -> "1388".equals(tuner.stats().route().get("advmss")));
        assertThat(device.routes()).contains("advmss 1388 ").contains("mtu 1428 ");
        tuner.close();
    }

    @Test
    void setsRoutesAgainThatAReconnectionHasMadeAnew() throws Exception {
        PathTuner tuner = device.tuner(Map.of("route.rto-min", "500ms"));
        tuner.established(shape(1400, 20));
        await(() -> tuner.stats().route().containsKey("rto_min"));
        tuner.disconnected();
        device.namespace().inside("route", "del", "198.18.64.0/18", "dev", "tb0");
        device.setUp();
        assertThat(device.routes().lines().filter(line -> line.startsWith("198.18.64.0/18")))
                .noneMatch(line -> line.contains("rto_min"));
        tuner.established(shape(1400, 20));
        await(() -> routesContain("198.18.64.0/18", "rto_min lock 500ms"));
        tuner.close();
        assertThat(device.routes()).doesNotContain("rto_min");
    }

    @Test
    void everythingCanBeSwitchedOff() throws Exception {
        String routesBefore = device.routes();
        String qdiscBefore = device.qdisc();
        PathTuner tuner = device.tuner(Map.of(
                "tun.shaper", "off",
                "route.rto-min", "off",
                "route.ecn", "false",
                "route.reordering", "off",
                "route.advmss", "off",
                "server-route.quickack", "false",
                "server-route.ecn", "false",
                "server-route.reordering", "off"));
        assertThat(device.namespace()
                        .call(() -> tuner.serverRoute(InetAddress.getByName("198.18.64.7"), RouteMetrics.Flag.SET))
                        .map(ServerRoute::metrics))
                .contains(RouteMetrics.NONE);
        tuner.established(shape(1440, 20));
        sample(tuner, 100, 2_500_000, 1_700_000);
        sample(tuner, 100, 2_500_000, 1_700_000);
        await(() -> tuner.stats().qdisc().isPresent());
        assertThat(device.routes()).isEqualTo(routesBefore);
        assertThat(device.qdisc()).isEqualTo(qdiscBefore);
        tuner.close();
    }

    /** Nobody reads the device. */
    @Test
    void shapesADeviceThatHasDropped() throws Exception {
        PathTuner tuner = device.tuner(Map.of());
        tuner.established(shape(1400, 20));
        sample(tuner, 50, 1_000_000, 0);
        await(() -> tuner.stats().qdisc().isPresent());
        assertThat(tuner.stats().shaper()).isEmpty();
        device.namespace().call(() -> {
            try (DatagramChannel channel = DatagramChannel.open()) {
                for (int i = 0; i < 1000; i++) {
                    channel.send(ByteBuffer.allocate(100), new InetSocketAddress("198.18.64.9", 9));
                }
                return channel;
            }
        });
        nowNanos += 1_000 * MILLI;
        sample(tuner, 50, 1_000_000, 0);
        await(() -> tuner.stats().deviceDropped() > 0);
        assertThat(tuner.stats().deviceDropped()).isEqualTo(500);
        sample(tuner, 50, 1_000_000, 0);
        await(() -> tuner.stats().shaper().isPresent());
        assertThat(tuner.stats().shaper().map(TokenBucket::rateBytesPerSecond)).contains(ShaperPolicy.MOST_GUARD);
        tuner.close();
    }

    @Test
    void goesOnWhereTheDeviceIsGone() throws Exception {
        PathTuner tuner = device.tuner(Map.of("tun.shaper", "on"));
        device.remove();
        tuner.established(shape(1400, 20));
        await(() -> tuner.stats().faults() > 0);
        assertThat(tuner.stats().shaper()).isEmpty();
        tuner.close();
    }

    private static TunnelShape shape(int mtu, int overhead) throws IOException {
        return new TunnelShape(InetAddress.getByName("198.19.0.1"), mtu, overhead);
    }

    /** One round trip, of these milliseconds and at this rate, with so much waiting. */
    private void sample(PathTuner tuner, long rttMillis, long rate, long waiting) {
        for (int i = 0; i < 4; i++) {
            nowNanos += rttMillis * MILLI;
            acked += rate * rttMillis / 1000;
            long rtt = rttMillis * MILLI;
            tuner.sample(
                    new PathSample(
                            nowNanos,
                            rtt,
                            rtt / 16,
                            rtt,
                            rtt + 200 * MILLI,
                            rate,
                            PathSample.Limit.PATH,
                            acked,
                            100,
                            1448,
                            0,
                            0,
                            3,
                            0),
                    0,
                    waiting,
                    waiting);
        }
    }

    private boolean routesContain(String destination, String metric) {
        try {
            return device.routes().lines().anyMatch(line -> line.startsWith(destination) && line.contains(metric));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The tuner's own thread has no event that tells; its values do. */
    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("patience").isLessThan(deadline);
            LockSupport.parkNanos(MILLI);
        }
    }
}
