package dev.tunbridge.sim.bench.load;

import dev.tunbridge.sim.bench.measure.ConnectionSample;
import dev.tunbridge.sim.bench.measure.Timeline;
import dev.tunbridge.sim.bench.peer.Ends;
import dev.tunbridge.sim.bench.peer.Site;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Looks at the device's connections five times a second, those of the load and those of the tunnel at once. With {@code
 * ss}, because most tunnels are processes of others.
 */
final class ConnectionSampler implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 200;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** Twice the longest load. */
    private static final int MAX_MOMENTS = 36_000;

    private final InetAddress inner;
    private final Thread thread;
    private final List<Timeline.Moment> moments = new ArrayList<>();
    private String fault = "";
    private volatile boolean ending;

    private ConnectionSampler(Ends ends) {
        inner = ends.server();
        thread = ends.deviceSide().newThread(this::sample);
    }

    static ConnectionSampler start(Ends ends) {
        ConnectionSampler sampler = new ConnectionSampler(ends);
        sampler.thread.start();
        return sampler;
    }

    private void sample() {
        try {
            while (!ending && moments.size() < MAX_MOMENTS) {
                long nanos = System.nanoTime();
                Command.Result shown = Command.run(LIMIT, "", List.of("ss", "-tinOH"));
                if (!shown.isSuccess()) {
                    throw new IOException(shown.errors().strip());
                }
                moments.add(moment(nanos, shown.output()));
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
            }
        } catch (IOException e) {
            fault = "ss: " + e.getMessage();
        } catch (InterruptedException e) {
            // Closed: nobody waits for more.
            Thread.currentThread().interrupt();
        }
    }

    private Timeline.Moment moment(long nanos, String shown) {
        ConnectionSample load = ConnectionSample.of(shown, inner);
        ConnectionSample tunnel =
                inner.equals(Site.OUTER_SERVER) ? ConnectionSample.NONE : ConnectionSample.of(shown, Site.OUTER_SERVER);
        return new Timeline.Moment(nanos, load, tunnel);
    }

    /** Ends, and tells what was seen. */
    List<Timeline.Moment> end() throws IOException, InterruptedException {
        ending = true;
        thread.join();
        if (!fault.isEmpty()) {
            throw new IOException(fault);
        }
        return moments;
    }

    @Override
    public void close() {
        ending = true;
        thread.interrupt();
    }
}
