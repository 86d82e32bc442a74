package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Direction;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.traffic.DatagramStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A call of 64 kbit/s: the 160 bytes of 20 ms (G.711) with the headers of a real one, 200 bytes fifty times a second. */
record VoiceWorkload(Direction direction, Duration length) implements Workload {
    private static final int SECONDS = 15;
    private static final int DATAGRAM_BYTES = 200;
    private static final int DATAGRAMS_PER_SECOND = 50;

    static VoiceWorkload of(Spec spec, int seconds) {
        return new VoiceWorkload(Workload.direction(spec), Workload.seconds(spec, seconds, SECONDS));
    }

    @Override
    public String describe() {
        return "voice " + direction.word() + ", " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.LATE,
                Metric.LOST,
                Metric.LATENCY_P50,
                Metric.LATENCY_P95,
                Metric.LATENCY_P99,
                Metric.LATENCY_MAX,
                Metric.LATE_ON_WIRE,
                Metric.WAITED,
                Metric.WAITED_SHARE,
                Metric.WAIT_P50,
                Metric.WAIT_P99,
                Metric.WAIT_MAX);
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        return DatagramPlay.of(tunnel, direction, shape(length)).measures();
    }

    @Override
    public void warmUp(Tunnel tunnel, Duration time) throws IOException, InterruptedException {
        DatagramPlay.warmUp(tunnel, direction, shape(time));
    }

    private static DatagramStream.Shape shape(Duration time) {
        int datagrams = (int) time.toSeconds() * DATAGRAMS_PER_SECOND;
        long intervalNanos = TimeUnit.SECONDS.toNanos(1) / DATAGRAMS_PER_SECOND;
        return new DatagramStream.Shape(datagrams, DATAGRAM_BYTES, intervalNanos, 1);
    }
}
