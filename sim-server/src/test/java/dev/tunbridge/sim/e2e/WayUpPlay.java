package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeStats;
import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Everything that the way up does, with other threads that ask the bridge for counters and hand messages to it meanwhile, and close it in
 * the end. Answers which thread was the loop's.
 */
final class WayUpPlay implements Callable<Thread> {
    private static final long LIMIT_SECONDS = 30;
    private static final int ASKING_THREADS = 4;
    /** Messages go before all else, and are not to take the link from the upload. */
    private static final int ASKED_FOR_EACH_MESSAGE = 20;

    private static final long ASKING_PAUSE_NANOS = 200_000;
    private static final long UPLOAD_BYTES = 1 << 20;

    /** Longer than most timeouts of a sender; where its timeout is longer still, another follows. */
    private static final Duration BLACKOUT = Duration.ofMillis(1_500);

    private static final int MOST_BLACKOUTS = 8;
    private static final int DISCARD_PORT = 9;
    private static final int DATAGRAMS = 1_500;
    private static final long SHORT_BYTES = 20_000;

    /** More than the outer connection takes while nothing is acknowledged, so that some wait. */
    private static void sendDatagrams(Scene scene) throws IOException {
        try (DatagramChannel channel = scene.deviceSide().call(DatagramChannel::open)) {
            InetSocketAddress nobody =
                    new InetSocketAddress(scene.plan().inner().server(), DISCARD_PORT);
            for (int i = 0; i < DATAGRAMS; i++) {
                channel.send(ByteBuffer.allocate(1_000), nobody);
            }
        }
    }

    @Override
    public Thread call() throws Exception {
        CompletableFuture<Thread> loop = new CompletableFuture<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onEstablished(TunnelInfo tunnel) {
                loop.complete(Thread.currentThread());
            }
        };
        ExecutorService threads = Executors.newFixedThreadPool(ASKING_THREADS);
        AtomicBoolean stopping = new AtomicBoolean();
        try (Scene scene = Scene.open(ScenePlan.over(Scenes.profile("wan0")), listener);
                InnerConnection connection = InnerConnection.open(scene)) {
            List<Future<?>> asking = new ArrayList<>();
            for (int i = 0; i < ASKING_THREADS; i++) {
                int topic = i;
                asking.add(threads.submit(() -> {
                    while (!stopping.get()) {
                        scene.bridge().app().send(topic, new byte[100]);
                        for (int ask = 0; ask < ASKED_FOR_EACH_MESSAGE; ask++) {
                            assertThat(scene.stats().queue().offered()).isNotNegative();
                            LockSupport.parkNanos(ASKING_PAUSE_NANOS);
                        }
                    }
                    return null;
                }));
            }
            InnerConnection.Sending first = connection.up(7, UPLOAD_BYTES);
            InnerConnection.takeIntact(connection.atClient(), 7, UPLOAD_BYTES);
            assertThat(first.isDone()).isTrue();
            long copies = 0;
            for (int seed = 8; seed < 8 + MOST_BLACKOUTS && copies == 0; seed++) {
                if (scene.link() instanceof UserSpaceLink link) {
                    link.blackOutFor(BLACKOUT);
                }
                sendDatagrams(scene);
                InnerConnection.Sending inTheDark = connection.up(seed, SHORT_BYTES);
                InnerConnection.takeIntact(connection.atClient(), seed, SHORT_BYTES);
                assertThat(inTheDark.isDone()).isTrue();
                copies = scene.stats().suppression().orElseThrow().copies();
            }
            assertThat(copies).as("copies").isPositive();
            stopping.set(true);
            for (Future<?> each : asking) {
                each.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            }
            BridgeStats stats = scene.stats();
            assertThat(stats.queue().offered()).as("packets that waited").isPositive();
        } finally {
            stopping.set(true);
            threads.shutdownNow();
        }
        return loop.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
}
