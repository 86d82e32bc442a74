package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.measure.StallBins;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.lab.DeviceDrops;
import dev.tunbridge.sim.link.UserSpaceLink;
import dev.tunbridge.sim.wire.CarriedWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One flow upwards, and in its midst times in which nothing passes either way. The workload itself blacks the link out,
 * so that all that the profile says stays as it is, and the moment of the return is known. Several times are of several
 * lengths, evenly spread about the one that is asked for: the phase of a retransmission timer would decide about one.
 *
 * @param dark how long nothing passes, on average
 * @param times how often
 * @param light how long the flow plays before the first and after each
 */
record BlackoutWorkload(Duration dark, int times, Duration light) implements Workload {
    private static final int DARK_SECONDS = 2;
    private static final int LIGHT_SECONDS = 8;
    private static final double SHARE_BACK = 0.9;
    /** The shortest and the longest are so much off, nearly. */
    private static final double SPREAD = 0.25;

    private static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A rate is back that holds for so long: what the hole had held up comes out at once, and is none. */
    private static final long HOLDS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    static BlackoutWorkload of(Spec spec, int seconds) {
        spec.word("up", List.of("up"));
        return new BlackoutWorkload(
                Duration.ofSeconds(spec.number("for", DARK_SECONDS, 1, 60)),
                spec.number("times", 1, 1, 20),
                Workload.seconds(spec, seconds, LIGHT_SECONDS));
    }

    @Override
    public String describe() {
        return (times == 1 ? "blackout" : times + " blackouts") + " of " + dark.toSeconds() + " s in tcp up, 1 flow, "
                + light.toSeconds() + " s before and after";
    }

    @Override
    public Duration length() {
        return dark.plus(light).multipliedBy(times).plus(light);
    }

    /** The length of one of them. */
    private long darkNanos(int index) {
        double place = (2.0 * index + 1 - times) / times;
        return (long) (dark.toNanos() * (1 + SPREAD * place));
    }

    @Override
    public boolean isMadeOfConnections() {
        return true;
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
        DeviceDrops dropsBefore = tunnel.drops(Direction.UP);
        try (CarriedWatch watch = CarriedWatch.start(ends.serverSide(), ends.server());
                BulkTransfer transfer = BulkTransfer.open(ends, Direction.UP, 1)) {
            transfer.start(length().toNanos(), BIN_NANOS);
            transfer.let(light.toNanos());
            long[] backAtNanos = new long[times];
            long darkAtNanos = System.nanoTime();
            for (int i = 0; i < times; i++) {
                link.blackOutFor(Duration.ofNanos(darkNanos(i)));
                backAtNanos[i] = System.nanoTime() + darkNanos(i);
                if (i < times - 1) {
                    transfer.let(darkNanos(i) + light.toNanos());
                }
            }
            BulkTransfer.Outcome outcome = transfer.awaitEnd(darkNanos(times - 1) + light.toNanos());
            Measures measures = TcpWorkload.withCarried(measures(outcome, darkAtNanos, backAtNanos), watch.end());
            return measures.with(tunnel.drops(Direction.UP).since(dropsBefore));
        }
    }

    /** A rate that is not back before the end, or the next time, counts as back then: so long at least it took. */
    private Measures measures(BulkTransfer.Outcome outcome, long darkAtNanos, long[] backAtNanos) {
        StallBins bins = outcome.bins();
        // The first half of the time before, the flow only grows.
        long grownNanos = bins.startNanos() + light.toNanos() / 2;
        double rateBefore = bins.megabitsPerSecond(bins.binAt(grownNanos), bins.binAt(darkAtNanos));
        double backNanos = Arrays.stream(backAtNanos)
                .map(at -> Math.min(
                        light.toNanos(),
                        bins.nanosUntil(SHARE_BACK * rateBefore, at, HOLDS_NANOS)
                                .orElse(light.toNanos())))
                .average()
                .orElseThrow();
        return Measures.ofBytes(bins.totalBytes())
                .with(Metric.RATE_BEFORE, rateBefore)
                .with(Metric.RATE_BACK, backNanos / 1e9)
                .with(Metric.INNER_RETRANSMISSIONS, (double) outcome.retransmissions());
    }
}
