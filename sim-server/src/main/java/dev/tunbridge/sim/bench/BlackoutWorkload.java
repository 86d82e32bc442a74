package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.wire.CarriedWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One flow upwards, and in its midst a time in which nothing passes either way. The workload itself blacks the link
 * out, so that all that the profile says stays as it is, and the moment of the return is known.
 *
 * @param dark how long nothing passes
 * @param light how long the flow plays besides: three eighths of it before, the rest after
 */
record BlackoutWorkload(Duration dark, Duration light) implements Workload {
    private static final int DARK_SECONDS = 2;
    private static final int LIGHT_SECONDS = 16;
    private static final double SHARE_BACK = 0.9;
    private static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A rate is back that holds for so long: what the hole had held up comes out at once, and is none. */
    private static final long HOLDS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    static BlackoutWorkload of(Spec spec, int seconds) {
        spec.word("up", List.of("up"));
        return new BlackoutWorkload(
                Duration.ofSeconds(spec.number("for", DARK_SECONDS, 1, 60)),
                Workload.seconds(spec, seconds, LIGHT_SECONDS));
    }

    @Override
    public String describe() {
        return "blackout of " + dark.toSeconds() + " s in tcp up, 1 flow, " + light.toSeconds() + " s";
    }

    @Override
    public Duration length() {
        return dark.plus(light);
    }

    private Duration before() {
        return light.multipliedBy(3).dividedBy(8);
    }

    private Duration after() {
        return light.minus(before());
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.RATE_BACK,
                Metric.RATE_BEFORE,
                Metric.CARRIED_TWICE,
                Metric.CARRIED_TWICE_BYTES,
                Metric.INNER_RETRANSMISSIONS,
                Metric.TUN_DROPPED,
                Metric.QDISC_DROPPED);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        Ends ends = tunnel.ends();
        if (!(ends.link() instanceof UserSpaceLink link)) {
            throw new IOException("profile " + ends.link().profile().name()
                    + " cannot be blacked out; allowed: any that is carried in user space, such as wan0");
        }
        DeviceDrops dropsBefore = tunnel.drops();
        try (CarriedWatch watch = CarriedWatch.start(ends.serverSide(), ends.server());
                BulkTransfer transfer = BulkTransfer.open(ends, Direction.UP, 1)) {
            transfer.start(length().toNanos(), BIN_NANOS);
            transfer.let(before().toNanos());
            long darkAtNanos = System.nanoTime();
            link.blackOutFor(dark);
            BulkTransfer.Outcome outcome = transfer.awaitEnd(dark.plus(after()).toNanos());
            Measures measures = TcpWorkload.withCarried(measures(outcome, darkAtNanos), watch.end());
            return measures.with(tunnel.drops().since(dropsBefore));
        }
    }

    /** A rate that is not back before the end counts as back at the end: so long at least it took. */
    private Measures measures(BulkTransfer.Outcome outcome, long darkAtNanos) {
        StallBins bins = outcome.bins();
        // The first half of the time before, the flow only grows.
        long grownNanos = bins.startNanos() + before().toNanos() / 2;
        double rateBefore = bins.megabitsPerSecond(bins.binAt(grownNanos), bins.binAt(darkAtNanos));
        long backNanos = bins.nanosUntil(SHARE_BACK * rateBefore, darkAtNanos + dark.toNanos(), HOLDS_NANOS)
                .orElse(after().toNanos());
        return Measures.ofBytes(bins.totalBytes())
                .with(Metric.RATE_BEFORE, rateBefore)
                .with(Metric.RATE_BACK, backNanos / 1e9)
                .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions());
    }
}
