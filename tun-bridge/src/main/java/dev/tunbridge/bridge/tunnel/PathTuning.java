package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.net.ServerRoute;
import dev.tunbridge.bridge.path.BandwidthEstimate;
import dev.tunbridge.bridge.path.DeliveryTime;
import dev.tunbridge.bridge.path.PathSample;
import dev.tunbridge.bridge.path.PathTuner;
import dev.tunbridge.bridge.path.TuningStats;
import dev.tunbridge.bridge.path.TunnelShape;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.OuterPath;
import dev.tunbridge.linux.TcpInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the outer connection while a session is established, and lets queue, device and routes follow it. What blocks
 * is called on the tunnel's blocking thread, all else on the loop.
 */
final class PathTuning {
    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final DeliveryTime deliveryTime = new DeliveryTime();
    private BandwidthEstimate bandwidth = new BandwidthEstimate();
    private final EgressQueue queue;
    private final String device;
    private final NetworkSetup network;

    // The blocking thread's.
    private boolean opened;
    /** In the order in which they were made. */
    private final Map<InetAddress, ServerRoute> serverRoutes = new LinkedHashMap<>();

    private volatile @Nullable PathTuner tuner;
    private @Nullable OuterConnection connection;
    private long ackedBytes = -1;
    private long sampledNanos;

    PathTuning(EgressQueue queue, String device, NetworkSetup network) {
        this.queue = queue;
        this.device = device;
        this.network = network;
    }

    // On the blocking thread

    /** Once the device exists; what an earlier process has left of its tuning goes by that. */
    void open() throws IOException {
        if (!opened) {
            opened = true;
            tuner = network.tuner(device).orElse(null);
        }
    }

    /**
     * Before connecting: a route to the server with what the connection needs. Of several attempts each has its own, until
     * {@link #keep}.
     */
    void prepare(InetAddress address, RouteMetrics.Flag ecn) throws IOException {
        open();
        PathTuner current = tuner;
        if (current != null) {
            current.serverRoute(address, ecn).ifPresent(route -> serverRoutes.put(address, route));
        }
    }

    /** This attempt is the connection: the ways of the others are not needed any more. */
    void keep(InetAddress address, RouteMetrics.Flag ecn) throws IOException {
        boolean isReplaced = serverRoutes.keySet().stream()
                .dropWhile(made -> !made.equals(address))
                .skip(1)
                .anyMatch(later -> later.getClass() == address.getClass());
        Optional<ServerRoute> own = Optional.ofNullable(serverRoutes.remove(address));
        try {
            release();
        } finally {
            own.ifPresent(route -> serverRoutes.put(address, route));
        }
        if (isReplaced) {
            prepare(address, ecn); // one that was made later for another of its family has taken its place
        }
    }

    /** After a connection: the next may take another way. */
    void release() throws IOException {
        List<ServerRoute> routes = List.copyOf(serverRoutes.values());
        serverRoutes.clear();
        IOException fault = null;
        for (ServerRoute route : routes) {
            try {
                route.close();
            } catch (IOException e) {
                fault = e; // the others are taken back all the same
            }
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** While connected: lets the route to the server go where the host's routes go now. */
    void follow() throws IOException {
        for (ServerRoute route : serverRoutes.values()) {
            route.follow();
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
        queue.path(OuterPath.UNKNOWN);
        deliveryTime.reset();
        bandwidth = new BandwidthEstimate();
    }

    /** Looks once; answers after how long to look again, or 0 where there is nothing to look at. */
    long sample(long nowNanos) {
        OuterConnection current = connection;
        Optional<PathSample> taken = current == null ? Optional.empty() : current.sample(nowNanos);
        if (current == null || taken.isEmpty()) {
            return 0;
        }
        sampledNanos = nowNanos;
        PathSample sample = taken.get();
        if (sample.bytesAcked() != TcpInfo.UNKNOWN) {
            deliveryTime.sample(nowNanos, current.writer().offset(), sample.bytesAcked());
        }
        queue.path(path(sample, current.isLeavingStartup()));
        PathTuner tuned = tuner;
        if (tuned != null) {
            tuned.sample(sample, deliveryTime.deviationNanos(), queue.bytes(), queue.takePeakBytes());
        }
        boolean isAnswered = sample.bytesAcked() == ackedBytes
                && sample.bytesAcked() >= current.writer().offset();
        boolean isBusy = !isAnswered || !queue.isEmpty();
        ackedBytes = sample.bytesAcked();
        return isBusy ? BUSY_NANOS : IDLE_NANOS;
    }

    /** The device has its routes again. */
    void renew() {
        PathTuner current = tuner;
        if (current != null) {
            current.renew();
        }
    }

    /** When to look next, now that something waits: it is the first sign of a path that is full. */
    long busyDueNanos() {
        return sampledNanos + BUSY_NANOS;
    }

    private OuterPath path(PathSample sample, boolean isLeavingStartup) {
        long rtt = Math.max(0, sample.rttNanos());
        long delivery = Math.max(deliveryTime.meanNanos(), rtt);
        if (rtt > 0) {
            bandwidth.sample(sample, rtt, BandwidthEstimate.Backlog.SHORT);
        }
        boolean isSettled = !isLeavingStartup && bandwidth.isSettled(sample.nowNanos(), delivery);
        return new OuterPath(
                delivery,
                deliveryTime.deviationNanos(),
                Math.max(0, sample.deliveryRate()),
                isSettled ? OuterPath.Phase.SETTLED : OuterPath.Phase.GROWING);
    }

    Optional<TuningStats> stats() {
        return Optional.ofNullable(tuner).map(PathTuner::stats);
    }
}
