package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.ShaperMode;
import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.net.RouteTuning;
import dev.tunbridge.bridge.net.ServerRoute;
import dev.tunbridge.linux.netlink.InterfaceCounters;
import dev.tunbridge.linux.netlink.QueueDiscipline;
import dev.tunbridge.linux.netlink.TokenBucket;
import java.io.IOException;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes, qdisc and counters of one TUN device, adapted to what the outer connection is seen to do. The loop hands in
 * samples and never waits; what blocks runs on a thread of its own, which lives in the namespace of the thread that
 * opened this. Of several things to do only the latest is kept.
 *
 * <pre>
 *   loop: established ► sample, sample, … ► disconnected ► established …   ─┐ wanted values
 *   own thread:                                                            ◄┘ Shaper (netlink), RouteTuning, counters
 * </pre>
 */
public final class PathTuner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PathTuner.class);

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A device that drops all the time is blamed this often. */
    private static final long BLAME_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long CLOSE_SECONDS = 10;

    private final TuningOptions options;
    private final String device;
    private final Shaper shaper;
    private final long droppedBefore;
    private final ExecutorService executor;
    private final AtomicBoolean due = new AtomicBoolean();

    // The loop's.
    private final RoutePlan plan;
    private @Nullable ShaperPolicy policy;
    private boolean looked;
    private long lookedNanos;
    private long droppedKnown;

    // From the loop to the own thread.
    private volatile Wanted wanted = Wanted.NOTHING;
    private volatile long lookNanos;
    private volatile boolean lookDue;

    // The own thread's.
    private @Nullable RouteTuning routes;
    private Wanted applied = Wanted.NOTHING;
    /** What failed for this tunnel: it is not tried again, and said once. */
    private final Set<Part> failed = EnumSet.noneOf(Part.class);

    /** Everything is taken back; work that was scheduled before the executor took no more comes too late. */
    private boolean undone;

    private boolean blamed;
    private long blamedNanos;
    private long blamedDropped;

    // From the own thread to everybody.
    private volatile Optional<TokenBucket> shaped = Optional.empty();
    private final AtomicLong shaperChanges = new AtomicLong();
    private volatile Optional<QueueDiscipline> root = Optional.empty();
    private volatile long dropped;
    private volatile Map<String, String> routeWords = Map.of();
    private volatile Map<String, String> serverWords = Map.of();
    /** The server of which the kernel remembers what the route told. */
    private volatile Optional<InetAddress> remembered = Optional.empty();

    private final AtomicLong faults = new AtomicLong();

    /** What the kernel is to be told. Each new tunnel has its number, so that its routes are set even where nothing else changed. */
    private record Wanted(
            long tunnel, @Nullable TunnelShape shape, RouteMetrics metrics, Optional<TokenBucket> bucket) {
        static final Wanted NOTHING = new Wanted(0, null, RouteMetrics.NONE, Optional.empty());
    }

    private PathTuner(TuningOptions options, String device, Shaper shaper, long droppedBefore) {
        this.options = options;
        this.device = device;
        this.shaper = shaper;
        this.droppedBefore = droppedBefore;
        plan = new RoutePlan(options);
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tunbridge-tuning-" + device);
            thread.setDaemon(true);
            return thread;
        });
        executor.execute(() -> {}); // so that the thread is made here, and with it its namespace
    }

    /** For a device that exists, in the calling thread's namespace. Blocks for some milliseconds. */
    public static PathTuner open(TuningOptions options, String device) throws IOException {
        long droppedBefore = droppedNow(device);
        ServerRoute.removeLeftovers(device);
        return new PathTuner(options, device, Shaper.open(device), droppedBefore);
    }

    /**
     * A host route to the server, made before connecting and closed after it, on a thread of the same namespace. Blocks
     * for some milliseconds. The connection is none the worse without it, so a fault is only said.
     *
     * @param ecn {@link RouteMetrics.Flag#LEFT} not to ask for ECN, whatever the options say
     */
    public Optional<ServerRoute> serverRoute(InetAddress server, RouteMetrics.Flag ecn) {
        try {
            ServerRoute route = ServerRoute.make(device, server, plan.serverMetrics(ecn), options.routes());
            serverWords = route.metrics().words();
            if (route.metrics().reordering().isPresent()) {
                remembered = Optional.of(server);
            }
            return Optional.of(route);
        } catch (IOException e) {
            faults.incrementAndGet();
            LOG.warn("the route to the server stays as it is: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** A session is established, and the device has its addresses and routes. On the loop. */
    public void established(TunnelShape shape) {
        plan.begin(shape);
        if (options.shaper() != ShaperMode.OFF) {
            ShaperPolicy next = new ShaperPolicy(new ShaperOptions(
                    shape.mtu(),
                    options.txQueueLength(),
                    options.queueLimitBytes(),
                    options.shaper() == ShaperMode.ON ? ShaperOptions.Guard.ALWAYS : ShaperOptions.Guard.WHERE_SHORT));
            if (droppedKnown > 0) {
                next.dropped();
            }
            policy = next;
        }
        want(new Wanted(wanted.tunnel() + 1, shape, plan.metrics(), bucket()));
    }

    /**
     * What the kernel says of the outer connection; each 10 ms while it is busy is often enough. On the loop; never waits.
     *
     * @param deviationNanos of the {@link DeliveryTime}
     * @param waitingBytes bytes that wait in the egress queue now
     * @param peakBytes the most that waited there since the last sample
     */
    public void sample(PathSample sample, long deviationNanos, long waitingBytes, long peakBytes) {
        Wanted before = wanted;
        if (before.shape() == null) {
            return;
        }
        boolean changed = plan.sample(sample);
        ShaperPolicy current = policy;
        if (current != null) {
            if (dropped > droppedKnown) {
                droppedKnown = dropped;
                current.dropped();
            }
            changed |= current.sample(sample, deviationNanos, waitingBytes, peakBytes);
        }
        if (!looked || sample.nowNanos() - lookedNanos >= LOOK_NANOS) {
            looked = true;
            lookedNanos = sample.nowNanos();
            lookNanos = sample.nowNanos();
            lookDue = true;
            schedule();
        }
        if (changed) {
            want(new Wanted(before.tunnel(), before.shape(), plan.metrics(), bucket()));
        }
    }

    /** The connection is lost: nothing is known of the path any more. On the loop. */
    public void disconnected() {
        ShaperPolicy current = policy;
        if (current != null && wanted.shape() != null) {
            current.reset();
            want(new Wanted(wanted.tunnel(), wanted.shape(), wanted.metrics(), bucket()));
        }
        serverWords = Map.of();
    }

    /** The device's network was set up anew, without any tuning. On the loop. */
    public void renew() {
        Wanted last = wanted;
        want(new Wanted(last.tunnel() + 1, last.shape(), last.metrics(), last.bucket()));
    }

    /** The values in force; from any thread. */
    public TuningStats stats() {
        return new TuningStats(shaped, shaperChanges.get(), root, dropped, routeWords, serverWords, faults.get());
    }

    /**
     * Takes everything back, before the device's network set-up is. Blocks until it is done, also where another thread
     * has begun it; from any thread but the loop. What the loop hands in meanwhile is not done any more.
     */
    @Override
    public void close() throws IOException {
        CompletableFuture<Void> end = new CompletableFuture<>();
        try {
            executor.execute(() -> undo(end));
        } catch (RejectedExecutionException e) {
            end.complete(null); // another is about it, and says how it went
        }
        executor.shutdown();
        try {
            if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(device + ": tuning is not taken back after " + CLOSE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while taking the tuning of " + device + " back", e);
        }
        end.handle((done, fault) -> Optional.ofNullable(fault)).join().ifPresent(fault -> {
            throw new IllegalStateException(fault);
        });
    }

    private Optional<TokenBucket> bucket() {
        ShaperPolicy current = policy;
        return current == null ? Optional.empty() : current.bucket();
    }

    private void want(Wanted next) {
        wanted = next;
        schedule();
    }

    private void schedule() {
        if (due.compareAndSet(false, true)) {
            try {
                executor.execute(this::work);
            } catch (RejectedExecutionException e) {
                LOG.debug("{}: closed before its last change", device);
            }
        }
    }

    // The own thread

    private void work() {
        due.set(false); // before reading what is wanted: what comes later schedules anew
        if (undone) {
            return;
        }
        Wanted next = wanted;
        if (next.tunnel() != applied.tunnel()) {
            failed.clear();
        }
        attempt(Part.SHAPER, () -> applyBucket(next));
        attempt(Part.ROUTES, () -> applyRoutes(next));
        applied = next;
        if (lookDue) {
            lookDue = false;
            attempt(Part.COUNTERS, this::look);
        }
    }

    private enum Part {
        SHAPER,
        ROUTES,
        COUNTERS
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private void attempt(Part part, Work work) {
        if (failed.contains(part)) {
            return;
        }
        try {
            work.run();
        } catch (IOException | RuntimeException e) {
            failed.add(part);
            faults.incrementAndGet();
            LOG.warn(
                    "{}: no tuning of its {} until the next connection: {}",
                    device,
                    part.name().toLowerCase(Locale.ROOT),
                    e.getMessage());
        }
    }

    private void applyBucket(Wanted next) throws IOException {
        if (!next.bucket().equals(applied.bucket()) || next.tunnel() != applied.tunnel()) {
            Optional<TokenBucket> before = shaped;
            try {
                shaped = shaper.apply(next.bucket());
            } catch (IOException | RuntimeException e) {
                shaped = Optional.empty(); // nobody knows
                throw e;
            }
            if (!before.equals(shaped)) {
                shaperChanges.incrementAndGet();
            }
        }
    }

    private void applyRoutes(Wanted next) throws IOException {
        TunnelShape shape = next.shape();
        if (shape == null || (next.metrics().equals(applied.metrics()) && next.tunnel() == applied.tunnel())) {
            return;
        }
        TunnelShape before = applied.shape();
        RouteTuning tuning = routes;
        if (tuning == null || before == null || !before.family().equals(shape.family())) {
            if (tuning != null) {
                tuning.restore();
            }
            tuning = new RouteTuning(device, shape.family());
            routes = tuning;
        }
        tuning.apply(next.metrics());
        routeWords = next.metrics().words();
    }

    private void look() throws IOException {
        root = shaper.root();
        dropped = Math.max(0, droppedNow(device) - droppedBefore);
        boolean isTime = !blamed || lookNanos - blamedNanos >= BLAME_NANOS;
        if (dropped > blamedDropped && isTime) {
            LOG.warn(
                    "{} has dropped {} of the packets of local senders, who are not told: its queue of {} packets was full"
                            + " (tun.tx-queue-length)",
                    device,
                    dropped - blamedDropped,
                    options.txQueueLength());
            blamed = true;
            blamedNanos = lookNanos;
            blamedDropped = dropped;
        }
    }

    private void undo(CompletableFuture<Void> end) {
        undone = true;
        try {
            shaper.close();
            shaped = Optional.empty();
        } catch (IOException | RuntimeException e) {
            end.completeExceptionally(e);
        }
        try {
            RouteTuning tuning = routes;
            if (tuning != null) {
                tuning.restore();
            }
            routeWords = Map.of();
            if (remembered.isPresent()) {
                ServerRoute.forget(remembered.get());
            }
            end.complete(null);
        } catch (IOException | RuntimeException e) {
            end.completeExceptionally(e);
        }
    }

    private static long droppedNow(String device) throws IOException {
        return InterfaceCounters.read(device)
                .map(InterfaceCounters::sentDropped)
                .orElse(0L);
    }
}
