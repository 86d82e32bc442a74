package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.LatencyCurve;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/** When the datagrams of a stream arrived; one thread fills it, another reads it afterwards. */
final class Arrivals implements DatagramStream.ArrivalListener {
    /** A datagram this much behind the median waited for something. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** What remote driving allows one way. */
    static final long FRAME_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long LOST = -1;

    private final long[] latenciesNanos;

    Arrivals(int datagrams) {
        latenciesNanos = new long[datagrams];
        Arrays.fill(latenciesNanos, LOST);
    }

    @Override
    public void onArrival(int number, long latencyNanos) {
        latenciesNanos[number] = latencyNanos;
    }

    int lost() {
        return (int)
                Arrays.stream(latenciesNanos).filter(nanos -> nanos == LOST).count();
    }

    /** Empty if nothing arrived. */
    Optional<LatencyCurve> curve() {
        return LatencyCurve.of(sorted());
    }

    int arrived() {
        return latenciesNanos.length - lost();
    }

    /** The smallest latency that this share of those that arrived does not exceed, in milliseconds; 0 if none did. */
    double percentileMillis(double percent) {
        return percentileMillis(sorted(), percent);
    }

    private static double percentileMillis(long[] sorted, double percent) {
        if (sorted.length == 0) {
            return 0;
        }
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] / 1e6;
    }

    /** How many came later than the median and ten milliseconds. */
    int late() {
        return late(number -> 0);
    }

    /** How many would have, had each come sooner by so much. */
    int late(IntToLongFunction sooner) {
        long[] sorted = sorted();
        if (sorted.length == 0) {
            return 0;
        }
        long limit = sorted[(sorted.length - 1) / 2] + LATE_NANOS;
        return (int) IntStream.range(0, latenciesNanos.length)
                .filter(number ->
                        latenciesNanos[number] != LOST && latenciesNanos[number] - sooner.applyAsLong(number) > limit)
                .count();
    }

    /** How many frames of so many datagrams have arrived with all of them within 100 ms of their sending. */
    int wholeFrames(int datagramsPerFrame) {
        int whole = 0;
        for (int from = 0; from < latenciesNanos.length; from += datagramsPerFrame) {
            int to = Math.min(latenciesNanos.length, from + datagramsPerFrame);
            if (Arrays.stream(latenciesNanos, from, to)
                    .allMatch(nanos -> nanos != LOST && nanos <= FRAME_LIMIT_NANOS)) {
                whole++;
            }
        }
        return whole;
    }

    /**
     * The smallest latency that this share of the frames that arrived whole does not exceed, in milliseconds: that of
     * the last datagram of each. 0 if none did.
     */
    double framePercentileMillis(int datagramsPerFrame, double percent) {
        return percentileMillis(
                IntStream.iterate(0, from -> from < latenciesNanos.length, from -> from + datagramsPerFrame)
                        .mapToObj(from -> Arrays.copyOfRange(
                                latenciesNanos, from, Math.min(latenciesNanos.length, from + datagramsPerFrame)))
                        .filter(frame -> Arrays.stream(frame).noneMatch(nanos -> nanos == LOST))
                        .mapToLong(frame -> Arrays.stream(frame).max().orElseThrow())
                        .sorted()
                        .toArray(),
                percent);
    }

    private long[] sorted() {
        return Arrays.stream(latenciesNanos)
                .filter(nanos -> nanos != LOST)
                .sorted()
                .toArray();
    }
}
