package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedReadingsTest {
    private final SharedReadings<Integer> readings = new SharedReadings<>();
    private final AtomicInteger world = new AtomicInteger();

    @Test
    void whoAsksAfterAChangeSeesIt() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            world.set(i);
            assertThat(readings.get("here", world::get)).isEqualTo(i);
        }
    }

    @Test
    void manyWhoAskAtOnceShareOneReading() throws Exception {
        int askers = 50;
        AtomicInteger reads = new AtomicInteger();
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(askers + 1);
        try {
            Future<Integer> first = threads.submit(() -> readings.get("here", () -> {
                reads.incrementAndGet();
                reading.countDown();
                await(goOn);
                return world.get();
            }));
            await(reading);
            List<Future<Integer>> others = new ArrayList<>();
            CountDownLatch asking = new CountDownLatch(askers);
            for (int i = 0; i < askers; i++) {
                others.add(threads.submit(() -> {
                    asking.countDown();
                    return readings.get("here", () -> {
                        reads.incrementAndGet();
                        return world.get();
                    });
                }));
            }
            await(asking);
            TimeUnit.MILLISECONDS.sleep(200); // until all of them wait; fewer would only read once more
            world.set(7);
            goOn.countDown();
            first.get(10, TimeUnit.SECONDS);
            for (Future<Integer> other : others) {
                assertThat(other.get(10, TimeUnit.SECONDS)).isEqualTo(7);
            }
            assertThat(reads.get()).isLessThan(10);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aFaultIsTheReadersAlone() throws Exception {
        assertThatThrownBy(() -> readings.get("here", () -> {
                    throw new LinuxException("read", "here", Errno.EIO);
                }))
                .hasMessageContaining("EIO");
        assertThat(readings.get("here", () -> 3)).isEqualTo(3);
        assertThat(readings.get("there", () -> 4)).isEqualTo(4);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
