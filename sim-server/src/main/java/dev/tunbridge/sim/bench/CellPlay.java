package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.bench.measure.Measures;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.ProcessCost;
import dev.tunbridge.sim.bench.peer.Site;
import dev.tunbridge.sim.bench.peer.Tunnel;
import dev.tunbridge.sim.bench.plan.Cell;
import dev.tunbridge.sim.link.LinkSettingException;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Plays one cell in a lab of its own, from the namespaces to their end. Closing it from another thread ends it early.
 */
final class CellPlay implements AutoCloseable {
    /** The kernel counts in hundredths: less is no measure of anything. */
    private static final double LEAST_CPU_SECONDS = 0.2;

    private static final Duration PATH_LIMIT = Duration.ofSeconds(30);

    private final Cell cell;
    private final Duration warmUp;
    private @Nullable Site site;
    private @Nullable Tunnel tunnel;
    private boolean closed;

    CellPlay(Cell cell, Duration warmUp) {
        this.cell = cell;
        this.warmUp = warmUp;
    }

    Measures play() throws IOException, InterruptedException, LinkSettingException {
        Site opened = own(Site.open(cell.profile(), cell.seed()));
        Tunnel started = own(cell.peer().start(opened));
        cell.peer().awaitPath(started, PATH_LIMIT);
        if (!warmUp.isZero()) {
            cell.workload().warmUp(started, warmUp);
        }
        ProcessCost deviceBefore = started.deviceCost();
        ProcessCost serverBefore = started.serverCost();
        Measures measures = cell.workload().play(started);
        if (started.fault().isPresent()) {
            throw new IOException(started.fault().get());
        }
        if (!started.hasProcesses()) {
            return measures;
        }
        Measures withCost = withCost(
                measures,
                started.deviceCost().since(deviceBefore),
                started.serverCost().since(serverBefore));
        if (started.account().isEmpty()) {
            return withCost;
        }
        started.close();
        return started.account().get().addTo(withCost);
    }

    private static Measures withCost(Measures measures, ProcessCost device, ProcessCost server) {
        Measures more = measures.with(Metric.CPU_DEVICE, device.cpuSeconds())
                .with(Metric.CPU_SERVER, server.cpuSeconds())
                .with(Metric.MEMORY_DEVICE, device.peakBytes() / 1e6)
                .with(Metric.MEMORY_SERVER, server.peakBytes() / 1e6);
        double cpuSeconds = device.cpuSeconds() + server.cpuSeconds();
        return measures.bytes() == 0 || cpuSeconds < LEAST_CPU_SECONDS
                ? more
                : more.with(Metric.CPU_PER_GIGABYTE, cpuSeconds / (measures.bytes() / 1e9));
    }

    private synchronized Site own(Site opened) throws IOException {
        site = opened;
        requireOpen();
        return opened;
    }

    private synchronized Tunnel own(Tunnel started) throws IOException {
        tunnel = started;
        requireOpen();
        return started;
    }

    private void requireOpen() throws IOException {
        if (closed) {
            close();
            throw new IOException("ended early");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            if (tunnel != null) {
                tunnel.close();
            }
        } finally {
            if (site != null) {
                site.close();
            }
            tunnel = null;
            site = null;
        }
    }
}
