package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.EchoProbe;
import dev.tunbridge.sim.bench.peer.Peer;
import dev.tunbridge.sim.bench.peer.Spec;
import dev.tunbridge.sim.bench.peer.Tunnel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * The tunnel's server end is killed and started again while a ping runs: how long until packets pass again.
 *
 * @param length after which it is given up
 */
record ReconnectWorkload(Duration length) implements Workload {
    private static final int SECONDS = 60;
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int PROBES_BEFORE = 5;

    /** Of its own only: what takes long is not to be taken for what does not come. */
    static ReconnectWorkload of(Spec spec) {
        return new ReconnectWorkload(Workload.seconds(spec, 0, SECONDS));
    }

    @Override
    public String describe() {
        return "reconnect, server end killed and started again, at most " + length.toSeconds() + " s";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.RECONNECTED, Metric.SERVER_BACK);
    }

    @Override
    public Optional<String> cannotThrough(Peer peer) {
        return Workload.super
                .cannotThrough(peer)
                .or(() -> peer.canRestartServer()
                        ? Optional.empty()
                        : Optional.of("nothing here starts the server end of " + peer.name() + " again"));
    }

    /** It says itself how the path is before, and needs no load. */
    @Override
    public void warmUp(Tunnel tunnel, Duration time) {
        // nothing
    }

    @Override
    public Measures play(Tunnel tunnel) throws IOException, InterruptedException {
        try (EchoProbe probe = EchoProbe.open(tunnel.ends())) {
            RoundTrips.of(probe.play(PROBES_BEFORE, INTERVAL_NANOS));
            long killedNanos = System.nanoTime();
            tunnel.killServer();
            FutureTask<Long> starting = new FutureTask<>(() -> {
                tunnel.startServer();
                return System.nanoTime();
            });
            Thread starter = new Thread(starting, "bench-restart");
            starter.setDaemon(true);
            starter.start();
            OptionalLong answered = probe.awaitAnswer(INTERVAL_NANOS, length);
            long backNanos = get(starting);
            if (answered.isEmpty()) {
                throw new IOException(
                        "nothing passed within " + length.toSeconds() + " s after the server end was killed");
            }
            return Measures.ofBytes(0)
                    .with(Metric.RECONNECTED, (answered.getAsLong() - killedNanos) / 1e9)
                    .with(Metric.SERVER_BACK, (backNanos - killedNanos) / 1e9);
        }
    }

    private static long get(FutureTask<Long> starting) throws IOException, InterruptedException {
        try {
            return starting.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io
                    ? io
                    : new IOException("the server end did not start again", e);
        }
    }
}
