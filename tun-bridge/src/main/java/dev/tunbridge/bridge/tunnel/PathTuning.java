package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.PathSample;
import dev.tunbridge.bridge.net.PathTuner;
import dev.tunbridge.bridge.net.ServerRoute;
import dev.tunbridge.bridge.net.TuningStats;
import dev.tunbridge.bridge.net.TunnelShape;
import dev.tunbridge.bridge.queue.EgressQueue;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the outer connection while a session is established, and lets queue, device and routes follow it. What blocks is called on the
 * tunnel's blocking thread, all else on the loop.
 */
final class PathTuning {
    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** A path so slow is looked at as often as one of this round trip. */
    private static final long MOST_RTT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final EgressQueue queue;
    private final String device;
    private final NetworkSetup network;

    // The blocking thread's.
    private boolean opened;
    private @Nullable ServerRoute serverRoute;

    private volatile @Nullable PathTuner tuner;
    private @Nullable OuterConnection connection;
    private long ackedBytes = -1;

    PathTuning(EgressQueue queue, String device, NetworkSetup network) {
        this.queue = queue;
        this.device = device;
        this.network = network;
    }

    // On the blocking thread

    /** Before connecting: a route to the server with what the connection needs. */
    void prepare(InetAddress address) throws IOException {
        if (!opened) {
            opened = true;
            tuner = network.tuner(device).orElse(null);
        }
        PathTuner current = tuner;
        if (current != null) {
            release();
            serverRoute = current.serverRoute(address).orElse(null);
        }
    }

    /** After a connection: the next may take another way. */
    void release() throws IOException {
        ServerRoute route = serverRoute;
        serverRoute = null;
        if (route != null) {
            route.close();
        }
    }

    /** Takes everything back. */
    void close() throws IOException {
        try {
            release();
        } finally {
            PathTuner current = tuner;
            if (current != null) {
                current.close();
            }
        }
    }

    // On the loop

    void established(OuterConnection connection, TunnelShape shape) {
        this.connection = connection;
        ackedBytes = -1;
        PathTuner current = tuner;
        if (current != null) {
            current.established(shape);
        }
    }

    void disconnected() {
        PathTuner current = tuner;
        if (connection != null && current != null) {
            current.disconnected();
        }
        connection = null;
        queue.path(0, 0);
    }

    /** Looks once; answers after how long to look again, or 0 where there is nothing to look at. */
    long sample(long nowNanos) {
        OuterConnection current = connection;
        Optional<PathSample> taken = current == null ? Optional.empty() : current.sample(nowNanos);
        if (taken.isEmpty()) {
            return 0;
        }
        PathSample sample = taken.get();
        queue.path(Math.max(0, sample.rttNanos()), Math.max(0, sample.deliveryRate()));
        PathTuner tuned = tuner;
        if (tuned != null) {
            tuned.sample(sample, queue.bytes(), queue.takePeakBytes());
        }
        boolean isBusy = sample.bytesAcked() != ackedBytes || !queue.isEmpty();
        ackedBytes = sample.bytesAcked();
        return isBusy ? Math.max(BUSY_NANOS, Math.min(sample.rttNanos(), MOST_RTT_NANOS)) : IDLE_NANOS;
    }

    Optional<TuningStats> stats() {
        return Optional.ofNullable(tuner).map(PathTuner::stats);
    }
}
