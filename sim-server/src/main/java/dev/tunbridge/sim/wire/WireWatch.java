package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.sim.lab.LabNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures for a {@link WireRecord} while a load plays: the outer connection, and the device where the stream comes out. */
public final class WireWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WireWatch.class);
    private static final int RING_BYTES = 1 << 24;

    private final CaptureWatch watch;
    private final WireRecord record;

    private WireWatch(CaptureWatch watch, WireRecord record) {
        this.watch = watch;
        this.record = record;
    }

    /**
     * Captures from now on. The record belongs to the watch until its end.
     *
     * @param device the host where the tunnel comes out
     * @param outerInterface carries the outer connection there
     * @param innerAddress is that of the tunnel's own device
     */
    public static WireWatch start(
            LabNamespace device, String outerInterface, InetAddress innerAddress, WireRecord record)
            throws IOException {
        return device.call(() -> {
            String innerInterface = CaptureWatch.interfaceOf(innerAddress);
            SegmentSource outer = CaptureWatch.open(outerInterface, RING_BYTES);
            try {
                SegmentSource inner = CaptureWatch.open(innerInterface, RING_BYTES);
                return new WireWatch(
                        CaptureWatch.start(List.of(
                                new CaptureWatch.Tap(outer, record::onOuter),
                                new CaptureWatch.Tap(inner, record::onInner))),
                        record);
            } catch (IOException | RuntimeException e) {
                outer.close();
                throw e;
            }
        });
    }

    /**
     * Takes what has been captured up to now, ends and judges it.
     *
     * @return empty if packets were lost: a wait would be short by what was not seen of it
     */
    public Optional<Waits> end() throws IOException, InterruptedException {
        CaptureCounters counters = watch.end();
        if (counters.dropped() > 0) {
            LOG.warn("waits are not measured: the capture has lost {} packets", counters.dropped());
            return Optional.empty();
        }
        return Optional.of(record.waits());
    }

    @Override
    public void close() {
        watch.close();
    }
}
