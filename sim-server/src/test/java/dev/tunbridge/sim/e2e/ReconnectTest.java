package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.BridgeListener;
import dev.tunbridge.bridge.BridgeState;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.scene.ScenePlan;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import dev.tunbridge.sim.traffic.Transfer;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The server goes away and comes back; inner connections live on. */
class ReconnectTest {

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void aTransferSurvivesARestartOfTheServer() throws Exception {
        BlockingQueue<BridgeState> states = new LinkedBlockingQueue<>();
        Queue<String> details = new ConcurrentLinkedQueue<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                states.add(state);
                details.add(state + " " + detail);
            }
        };
        ScenePlan plan = ScenePlan.over(Scenes.profile("baseline")).set("reconnect.first", "200ms");
        try (Scene scene = Scene.open(plan, listener);
                HttpService service = Scenes.serviceAtDevice(scene)) {
            HttpLoad client = Scenes.clientOf(service, scene.plan().inner().device());
            CountDownLatch underWay = new CountDownLatch(1);
            long bytes = 40_000_000;
            FutureTask<Transfer> download = new FutureTask<>(() -> client.download(5, bytes, Scenes.ANY_TIME, count -> {
                if (count > bytes / 8) {
                    underWay.countDown();
                }
            }));
            scene.serverSide().newThread(download).start();
            assertThat(underWay.await(30, TimeUnit.SECONDS)).isTrue();
            scene.stopServer();
            assertThat(awaitState(states, BridgeState.WAITING)).isTrue();
            scene.startServer();
            Transfer transfer = download.get(60, TimeUnit.SECONDS);
            assertThat(transfer.isIntact()).isTrue();
            assertThat(transfer.bytes()).isEqualTo(bytes);
            assertThat(scene.stats().connections()).as("%s", details).isEqualTo(2);
        }
    }

    @Test
    void applicationMessagesWaitForTheNextConnection() throws Exception {
        BlockingQueue<BridgeState> states = new LinkedBlockingQueue<>();
        BridgeListener listener = new BridgeListener() {
            @Override
            public void onState(BridgeState state, String detail) {
                states.add(state);
            }
        };
        ScenePlan plan = ScenePlan.over(Scenes.profile("veth")).set("reconnect.first", "200ms");
        try (Scene scene = Scene.open(plan, listener)) {
            scene.stopServer();
            assertThat(awaitState(states, BridgeState.WAITING)).isTrue();
            var written = scene.bridge().app().send(1, new byte[] {42}).toCompletableFuture();
            assertThat(written).isNotDone();
            scene.startServer();
            written.get(20, TimeUnit.SECONDS);
            assertThat(scene.appAtServer().poll(5, TimeUnit.SECONDS)).containsExactly(42);
        }
    }

    private static boolean awaitState(BlockingQueue<BridgeState> states, BridgeState wanted)
            throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() - deadline < 0) {
            if (states.poll(1, TimeUnit.SECONDS) == wanted) {
                return true;
            }
        }
        return false;
    }
}
