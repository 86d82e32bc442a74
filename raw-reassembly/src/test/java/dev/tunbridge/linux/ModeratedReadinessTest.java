package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModeratedReadinessTest {
    private static final long MILLISECOND = 1_000_000;

    private final Semaphore calls = new Semaphore(0);
    private final Memory word = new Memory(Long.BYTES);
    private final AtomicInteger turns = new AtomicInteger();

    /** What the owner reports of each turn from now on. */
    private volatile int countOfTurn;

    private volatile boolean moreAfterTurn;

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void watchesWhatIsQuietAndLooksAtIntervalsIntoWhatIsBusy(String kind) throws Exception {
        Assumptions.assumeTrue(kind.equals("nio") || Epoll.isAvailable(), "needs Netty's native epoll");
        int fd = Descriptors.newEventDescriptor();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, kind.equals("nio") ? NioIoHandler.newFactory() : EpollIoHandler.newFactory());
        EventLoop loop = group.next();
        try {
            Owner owner = on(loop, () -> new Owner(loop, fd));
            write(fd);
            awaitCalls(1);

            // Many in the window: from here on it is called although there is nothing to read.
            countOfTurn = 1_000;
            write(fd);
            awaitCalls(20);

            // Few: it is watched again, and what comes then is told.
            countOfTurn = 0;
            on(loop, () -> {
                owner.turn();
                return owner;
            });
            on(loop, () -> {
                calls.drainPermits();
                return owner;
            });
            write(fd);
            awaitCalls(1);

            // A bounded turn that left something goes on by itself.
            countOfTurn = 1_000;
            moreAfterTurn = true;
            write(fd);
            awaitCalls(1_000);

            on(loop, () -> {
                owner.readiness.close();
                turns.set(0);
                return owner;
            });
            write(fd);
            on(loop, () -> owner);
            assertThat(turns).hasValue(0);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            Descriptors.close(fd);
        }
    }

    private final class Owner {
        final ModeratedReadiness readiness;
        private final int fd;
        private long nowNanos;

        Owner(EventLoop loop, int fd) throws Exception {
            this.fd = fd;
            readiness = ModeratedReadiness.watch(loop, fd, "moderated", this::turn);
            nowNanos = System.nanoTime();
        }

        void turn() {
            turns.incrementAndGet();
            try {
                Descriptors.read(fd, Pointer.nativeValue(word), Long.BYTES);
            } catch (LinuxException failure) {
                throw new IllegalStateException(failure);
            }
            nowNanos += 2 * MILLISECOND;
            readiness.took(countOfTurn, moreAfterTurn, nowNanos);
            calls.release();
        }
    }

    private void awaitCalls(int count) throws InterruptedException {
        assertThat(calls.tryAcquire(count, 20, TimeUnit.SECONDS)).isTrue();
    }

    private static void write(int fd) throws LinuxException {
        Memory one = new Memory(Long.BYTES);
        one.setLong(0, 1);
        Descriptors.write(fd, Pointer.nativeValue(one), Long.BYTES);
    }

    private static <T> T on(EventLoop loop, Callable<T> work) throws Exception {
        return loop.submit(work).get(20, TimeUnit.SECONDS);
    }
}
