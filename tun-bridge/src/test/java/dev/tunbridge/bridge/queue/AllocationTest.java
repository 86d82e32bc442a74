package dev.tunbridge.bridge.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In steady state the queue allocates nothing but from the pool, also while it drops. */
class AllocationTest {
    private static final int PACKETS = 100_000;
    private static final int FLOWS = 200;

    private final ByteBuf[] packets = new ByteBuf[FLOWS];
    private final InnerPacket[] views = new InnerPacket[FLOWS];
    private long nowNanos;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void queueingAPacketAllocatesNothing(boolean aqm) throws InterruptedException {
        for (int i = 0; i < FLOWS; i++) {
            packets[i] = i % 4 == 0 ? QueueRig.ack(i) : QueueRig.udp(i, 100 + i * 6);
            views[i] = Packets.view(packets[i]);
        }
        EgressQueue queue =
                new EgressQueue(PooledByteBufAllocator.DEFAULT, new QueueOptions(64 * 1024, aqm, true, List.of()));
        AtomicLong allocated = new AtomicLong(Long.MAX_VALUE);
        // The pool keeps what is given back only for threads such as an event loop's.
        Thread loop = new FastThreadLocalThread(() -> allocated.set(allocatedBy(queue)));
        loop.start();
        loop.join();
        assertThat(queue.stats().dropped()).isPositive();
        assertThat((double) allocated.get() / PACKETS)
                .as("bytes for each packet")
                .isLessThan(1);
    }

    private long allocatedBy(EgressQueue queue) {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED); // its samples are objects too
        try {
            // The pool makes only some of what it has made reusable at first; the compiler takes its time too.
            for (int i = 0; i < 5; i++) {
                pass(queue);
            }
            ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = thread.getCurrentThreadAllocatedBytes();
            pass(queue);
            return thread.getCurrentThreadAllocatedBytes() - before;
        } finally {
            queue.clear();
            ResourceLeakDetector.setLevel(level);
        }
    }

    /** Two come for each one that leaves, and at the end of each thousand it runs dry. */
    private void pass(EgressQueue queue) {
        for (int i = 0; i < PACKETS; i++) {
            int flow = i % FLOWS;
            nowNanos += 50_000;
            queue.offer(views[flow], 0, packets[flow].readableBytes(), flow, i, nowNanos);
            if (i % 2 == 0) {
                poll(queue);
            }
            if (i % 1_000 == 0) {
                while (!queue.isEmpty()) {
                    poll(queue);
                }
            }
        }
    }

    private void poll(EgressQueue queue) {
        QueuedPacket packet = queue.poll(nowNanos);
        if (packet != null) {
            queue.release(packet);
        }
    }
}
