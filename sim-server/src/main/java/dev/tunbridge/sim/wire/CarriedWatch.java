package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.sim.lab.LabNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts {@link CarriedBytes} while a load plays. */
public final class CarriedWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CarriedWatch.class);

    /** Half of it are slots: 160 ms of them at 100,000 packets/s, for a watch that gets no processor for a while. */
    private static final int RING_BYTES = 1 << 26;

    private final CaptureWatch watch;
    private final CarriedBytes carried;

    private CarriedWatch(CaptureWatch watch, CarriedBytes carried) {
        this.watch = watch;
        this.carried = carried;
    }

    /**
     * Captures from now on.
     *
     * @param host where the tunnel comes out
     * @param innerAddress is that of the tunnel's own device there
     */
    public static CarriedWatch start(LabNamespace host, InetAddress innerAddress) throws IOException {
        return start(host, innerAddress, RING_BYTES);
    }

    static CarriedWatch start(LabNamespace host, InetAddress innerAddress, int ringBytes) throws IOException {
        CarriedBytes carried = new CarriedBytes();
        return host.call(() -> new CarriedWatch(
                CaptureWatch.start(List.of(new CaptureWatch.Tap(
                        CaptureWatch.open(CaptureWatch.interfaceOf(innerAddress), ringBytes), carried::onSegment))),
                carried));
    }

    /**
     * Takes what has been captured up to now, and ends.
     *
     * @return empty if packets escaped the count: what had come before would then not be known
     */
    public Optional<CarriedBytes> end() throws IOException, InterruptedException {
        CaptureCounters counters = watch.end();
        long missed = counters.dropped() + counters.truncated() + carried.uncounted();
        if (missed > 0) {
            LOG.warn("what was carried twice is not measured: the capture has missed {} packets", missed);
            return Optional.empty();
        }
        return Optional.of(carried);
    }

    @Override
    public void close() {
        watch.close();
    }
}
