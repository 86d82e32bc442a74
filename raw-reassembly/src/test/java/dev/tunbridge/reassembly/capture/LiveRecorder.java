package dev.tunbridge.reassembly.capture;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Drains a live source on its loop, a few segments a turn, and keeps copies. */
final class LiveRecorder {
    private static final long LIMIT_SECONDS = 20;

    private final LiveSource source;
    private final EventLoop loop;
    private final int perTurn;
    private final List<Seen> seen = new ArrayList<>();
    private final Object news = new Object();

    LiveRecorder(LiveSource source, EventLoop loop, int perTurn) throws IOException {
        this.source = source;
        this.loop = loop;
        this.perTurn = perTurn;
        source.start(loop, this::turn);
    }

    private void turn() {
        try {
            source.drain(this::keep, perTurn);
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    private void keep(CapturedSegment segment) {
        synchronized (news) {
            seen.add(Seen.copyOf(segment));
            news.notifyAll();
        }
    }

    /** Waits until the source has handed over what the test looks for. */
    List<Seen> await(Predicate<List<Seen>> enough) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (news) {
            while (!enough.test(List.copyOf(seen))) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new TimeoutException(seen.size() + " segments only, " + counters());
                }
                news.wait(left);
            }
            return List.copyOf(seen);
        }
    }

    List<Seen> seen() {
        synchronized (news) {
            return List.copyOf(seen);
        }
    }

    CaptureCounters counters() throws Exception {
        return loop.submit(source::counters).get();
    }
}
