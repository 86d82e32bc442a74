package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.queue.QueueFullException;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Somebody does not read: a service on the device, a client behind the server, the server itself, the application. What the bridge holds
 * stays bounded, whoever else has traffic goes on, and what was late arrives intact.
 */
class ReadsFallBehindTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final int QUEUE_BYTES = 256 * 1024;
    private static final int APP_QUEUE_BYTES = 16 * 1024;

    /** More than all buffers of the kernels on the way take. */
    private static final long MORE_THAN_FITS = 8 << 20;

    /** So much passes while somebody does not read, and a fraction of it would show where memory follows what passes. */
    private static final long PASSING_BYTES = 16 << 20;

    /** Chunks of the allocators (4 MiB each at most), which come whole, and what the test itself leaves on the heap. */
    private static final long GROWTH_BYTES = 8 << 20;

    private static final int ROUNDS = 200;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    /** Three that do not keep up with what the tunnel brings them, beside one that does. */
    @Test
    void servicesThatDoNotReadCostTheOthersNothing() throws Exception {
        try (Scene scene = Scene.open(plan());
                InnerConnection stopped = InnerConnection.open(scene);
                InnerConnection slow = InnerConnection.open(scene);
                InnerConnection brisk = InnerConnection.open(scene);
                DeafReceiver deaf = DeafReceiver.on(scene)) {
            brisk.echo(ROUNDS, 1_000);
            Footprint before = Footprint.now();
            long bytesBefore = scene.stats().down().bytes();

            InnerConnection.Sending toStopped = stopped.down(1, MORE_THAN_FITS);
            long slowBytes = 1 << 20;
            InnerConnection.Sending toSlow = slow.down(2, slowBytes);
            try (InnerConnection.Crawling crawling = new InnerConnection.Crawling(slow.atService(), 2, slowBytes);
                    DatagramBlast stream = DatagramBlast.from(scene.serverSide(), deaf.address())) {
                awaitStandstill(toStopped);
                brisk.echo(ROUNDS, 1_000);
                InnerConnection.Sending more = brisk.down(3, 2 << 20);
                InnerConnection.takeIntact(brisk.atService(), 3, 2 << 20);
                assertThat(more.isDone()).isTrue();
                exchangeMessages(scene);
                awaiting().until(() -> scene.stats().down().bytes() - bytesBefore >= PASSING_BYTES);
                Footprint.now().assertNotMuchAbove(before);

                assertThat(toStopped.isDone())
                        .as("who does not read stops his sender")
                        .isFalse();
                assertThat(crawling.isDone()).as("the slow one is not done").isFalse();
                assertThat(crawling.pauses()).isPositive();
                assertThat(deaf.drops())
                        .as("datagrams that found the receiver's buffer full")
                        .isPositive();
                assertThat(stream.sent()).isGreaterThan(deaf.drops() / 2);
                crawling.hurry();
                crawling.awaitIntact();
                assertThat(toSlow.isDone()).isTrue();
            }
            InnerConnection.takeIntact(stopped.atService(), 1, MORE_THAN_FITS);
            BridgeStats stats = scene.stats();
            assertThat(stats.queue().peakBytes()).isLessThanOrEqualTo(QUEUE_BYTES);
            assertThat(stats.connections()).isEqualTo(1);
            assertThat(stats.outer().badFrames()).isZero();
        }
    }

    /** The inner window closes, so the device's own sender stops: nothing of it waits in the bridge. */
    @Test
    void aClientThatStopsReadingStopsItsSenderAndNobodyElse() throws Exception {
        try (Scene scene = Scene.open(plan());
                InnerConnection stopped = InnerConnection.open(scene);
                InnerConnection brisk = InnerConnection.open(scene)) {
            brisk.echo(ROUNDS, 1_000);
            Footprint before = Footprint.now();
            InnerConnection.Sending upload = stopped.up(4, MORE_THAN_FITS);
            awaitStandstill(upload);
            awaiting().until(() -> scene.stats().queue().packets() == 0);

            InnerConnection.Sending more = brisk.up(5, PASSING_BYTES);
            InnerConnection.takeIntact(brisk.atClient(), 5, PASSING_BYTES);
            assertThat(more.isDone()).isTrue();
            exchangeMessages(scene);
            assertThat(upload.isDone()).isFalse();
            Footprint.now().assertNotMuchAbove(before);

            InnerConnection.takeIntact(stopped.atClient(), 4, MORE_THAN_FITS);
            assertThat(upload.isDone()).isTrue();
            BridgeStats stats = scene.stats();
            assertThat(stats.queue().peakBytes()).isLessThanOrEqualTo(QUEUE_BYTES);
            assertThat(stats.connections()).isEqualTo(1);
        }
    }

    /** The outer window closes under an upload, a stream that nobody restrains, and application messages. */
    @Test
    void aServerThatStopsReadingFillsTheQueueAndNoMore() throws Exception {
        try (Scene scene = Scene.open(plan());
                InnerConnection connection = InnerConnection.open(scene);
                DeafReceiver deaf = DeafReceiver.behindServer(scene)) {
            connection.echo(ROUNDS, 1_000);
            Footprint before = Footprint.now();
            List<CompletableFuture<Void>> written = new ArrayList<>();
            InnerConnection.Sending upload = connection.up(6, MORE_THAN_FITS);
            scene.server().server().stopReading().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            try (DatagramBlast stream = DatagramBlast.from(scene.deviceSide(), deaf.address())) {
                awaitClosedWindow(scene);
                long streamedBefore = stream.sent();
                for (int i = 0; i < 200; i++) {
                    written.add(scene.bridge().app().send(i, message(i)).toCompletableFuture());
                }
                awaiting().until(() -> stream.sent() - streamedBefore > PASSING_BYTES / DatagramBlast.BYTES);
                BridgeStats stats = scene.stats();
                assertThat(stats.queue().peakBytes())
                        .isGreaterThan(QUEUE_BYTES / 2)
                        .isLessThanOrEqualTo(QUEUE_BYTES);
                assertThat(stats.appWaiting()).isPositive().isLessThan(APP_QUEUE_BYTES / 64);
                assertThat(upload.isDone()).isFalse();
                Footprint.now().assertNotMuchAbove(before);
            }
            assertThat(scene.appAtServer()).isEmpty();
            scene.server().server().resumeReading().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);

            InnerConnection.takeIntact(connection.atClient(), 6, MORE_THAN_FITS);
            assertThat(takeAllButRefused(scene, written)).isLessThan(written.size());
            connection.echo(ROUNDS, 1_000);
            assertThat(scene.stats().connections()).as("the same session").isEqualTo(1);
        }
    }

    /** A listener that writes to a slow disk keeps the loop: what is handed to it meanwhile is bounded all the same. */
    @Test
    void anApplicationThatKeepsTheLoopCanStillNotHandOverMoreThanTheBound() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        BridgeListener blocking = new BridgeListener() {
            @Override
            public void onApp(int topic, byte[] payload) {
                entered.countDown();
                try {
                    leave.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        try (Scene scene = Scene.open(plan(), blocking)) {
            List<CompletableFuture<Void>> written = new ArrayList<>();
            try {
                scene.server().server().sendApp(0, message(0));
                assertThat(entered.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
                for (int i = 0; i < 1_000; i++) {
                    written.add(scene.bridge().app().send(i, message(i)).toCompletableFuture());
                }
                long handedOver =
                        written.stream().filter(each -> !each.isDone()).count();
                assertThat(handedOver).isPositive().isLessThanOrEqualTo(APP_QUEUE_BYTES / message(0).length);
            } finally {
                leave.countDown();
            }
            takeAllButRefused(scene, written);
            // The bound is for those that wait: once they are gone there is room again.
            scene.bridge().app().send(1, message(1)).toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(take(scene.appAtServer())).isEqualTo(message(1));
        }
    }

    private static ScenePlan plan() {
        return ScenePlan.over(Scenes.profile("baseline"))
                .set("queue.bytes", String.valueOf(QUEUE_BYTES))
                .set("app.queue-bytes", String.valueOf(APP_QUEUE_BYTES));
    }

    private static ConditionFactory awaiting() {
        return await().atMost(LIMIT);
    }

    /** Its kernel takes no more: the peer's window is closed, and the buffers are full. */
    private static void awaitStandstill(InnerConnection.Sending sending) {
        awaiting().pollInterval(Duration.ofMillis(300)).until(new Unchanged(sending::bytes)::isSoAndPositive);
    }

    /** The outer socket takes no more, though packets wait. */
    private static void awaitClosedWindow(Scene scene) {
        Unchanged out = new Unchanged(() -> scene.stats().outer().bytesOut());
        awaiting()
                .pollInterval(Duration.ofMillis(300))
                .until(() -> out.isSoAndPositive() && scene.stats().queue().packets() > 0);
    }

    private static void exchangeMessages(Scene scene) throws Exception {
        for (int i = 0; i < 20; i++) {
            scene.bridge().app().send(i, message(i)).toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(take(scene.appAtServer())).isEqualTo(message(i));
            scene.server()
                    .server()
                    .sendApp(i, message(i))
                    .toCompletableFuture()
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(take(scene.appAtDevice())).isEqualTo(message(i));
        }
    }

    /** The server gets those that were not refused, in their order; answers how many were, which some must be. */
    private static int takeAllButRefused(Scene scene, List<CompletableFuture<Void>> written) throws Exception {
        int refused = 0;
        for (int i = 0; i < written.size(); i++) {
            Optional<Throwable> fault = written.get(i)
                    .handle((done, cause) -> Optional.ofNullable(cause))
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (fault.isPresent()) {
                assertThat(fault.get()).hasRootCauseInstanceOf(QueueFullException.class);
                refused++;
            } else {
                assertThat(take(scene.appAtServer())).isEqualTo(message(i));
            }
        }
        assertThat(refused).as("messages over the bound").isPositive();
        return refused;
    }

    private static byte[] message(int number) {
        return ByteBuffer.allocate(200).putInt(196, number).array();
    }

    private static byte[] take(BlockingQueue<byte[]> messages) throws InterruptedException {
        byte[] message = messages.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(message).as("a message in time").isNotNull();
        return message;
    }

    /** Whether a count is what it was when it was looked at last. */
    private static final class Unchanged {
        private final Callable<Long> count;
        private long last;

        Unchanged(Callable<Long> count) {
            this.count = count;
        }

        boolean isSoAndPositive() throws Exception {
            long now = count.call();
            boolean isSo = now == last && now > 0;
            last = now;
            return isSo;
        }
    }

    /** What this process holds: the bridge, and the simulated server too, for which nothing else is promised. */
    private record Footprint(long directBytes, long heapBytes) {
        static Footprint now() {
            System.gc();
            long direct = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
                direct += provider.metric().usedDirectMemory();
            }
            return new Footprint(
                    direct,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }

        void assertNotMuchAbove(Footprint before) {
            assertThat(directBytes - before.directBytes)
                    .as("growth of direct memory")
                    .isLessThan(GROWTH_BYTES);
            assertThat(heapBytes - before.heapBytes).as("growth of the heap").isLessThan(GROWTH_BYTES);
        }
    }

    /** A UDP socket that nobody reads. */
    private record DeafReceiver(LabNamespace side, DatagramChannel channel, InetSocketAddress address)
            implements AutoCloseable {
        static DeafReceiver on(Scene scene) throws IOException {
            return open(scene.deviceSide(), scene.plan().inner().device());
        }

        static DeafReceiver behindServer(Scene scene) throws IOException {
            return open(scene.serverSide(), scene.plan().inner().server());
        }

        private static DeafReceiver open(LabNamespace side, InetAddress address) throws IOException {
            DatagramChannel channel = side.call(
                    () -> DatagramChannel.open(StandardProtocolFamily.INET) // one of both families is in another table
                            .setOption(StandardSocketOptions.SO_RCVBUF, 16 * 1024)
                            .bind(new InetSocketAddress(address, 0)));
            return new DeafReceiver(side, channel, (InetSocketAddress) channel.getLocalAddress());
        }

        /** The last column of the kernel's table. */
        long drops() throws IOException {
            String local = String.format(":%04X ", address.getPort());
            return side.call(() -> Files.readAllLines(Path.of("/proc/thread-self/net/udp"))).stream()
                    .filter(line -> line.contains(local))
                    .map(line -> line.strip().split("\\s+", -1))
                    .mapToLong(columns -> Long.parseLong(columns[columns.length - 1]))
                    .sum();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Datagrams at some 5 MB/s, whoever takes them. */
    private static final class DatagramBlast implements AutoCloseable {
        static final int BYTES = 1_000;
        private static final int A_TURN = 10;
        private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

        private final DatagramChannel channel;
        private final InetSocketAddress target;
        private final Thread thread;
        private volatile boolean stopping;
        private final AtomicLong sent = new AtomicLong();

        private DatagramBlast(DatagramChannel channel, InetSocketAddress target) {
            this.channel = channel;
            this.target = target;
            thread = new Thread(this::send, "datagram-blast");
            thread.setDaemon(true);
        }

        static DatagramBlast from(LabNamespace side, InetSocketAddress target) throws IOException {
            DatagramChannel channel = side.call(DatagramChannel::open);
            channel.configureBlocking(false);
            DatagramBlast blast = new DatagramBlast(channel, target);
            blast.thread.start();
            return blast;
        }

        private void send() {
            ByteBuffer datagram = ByteBuffer.allocateDirect(BYTES);
            while (!stopping) {
                for (int i = 0; i < A_TURN; i++) {
                    try {
                        datagram.clear();
                        channel.send(datagram, target);
                        sent.incrementAndGet();
                    } catch (IOException e) {
                        return; // the socket is closed; who waits for more finds out
                    }
                }
                LockSupport.parkNanos(TURN_NANOS);
            }
        }

        long sent() {
            return sent.get();
        }

        @Override
        public void close() throws IOException {
            stopping = true;
            Uninterruptibles.joinUninterruptibly(thread, LIMIT);
            channel.close();
        }
    }
}
