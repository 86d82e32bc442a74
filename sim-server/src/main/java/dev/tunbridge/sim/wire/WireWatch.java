package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.sim.lab.LabNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures for a {@link WireRecord} while a load plays. Rings of the kernel, drained by looking into them now and then:
 * since the kernel stamps what it captures, nobody need wake for a packet, and beside the load there is neither another process nor a disk
 * at work (tcpdump would be both).
 */
public final class WireWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WireWatch.class);
    private static final int RING_BYTES = 1 << 24;
    private static final long LOOK_MILLIS = 10;
    private static final int MOST = 1 << 16;

    private final SegmentSource outer;
    private final SegmentSource inner;
    private final WireRecord record;
    private final Thread thread;
    private final AtomicReference<@Nullable IOException> fault = new AtomicReference<>();
    private volatile boolean ending;

    private WireWatch(SegmentSource outer, SegmentSource inner, WireRecord record) {
        this.outer = outer;
        this.inner = inner;
        this.record = record;
        thread = new Thread(this::watch, "wire-watch");
        thread.setDaemon(true);
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
            NetworkInterface innerInterface = NetworkInterface.getByInetAddress(innerAddress);
            if (innerInterface == null) {
                throw new IOException("no device has the address " + innerAddress.getHostAddress());
            }
            SegmentSource outer = open(outerInterface);
            try {
                WireWatch watch = new WireWatch(outer, open(innerInterface.getName()), record);
                watch.thread.start();
                return watch;
            } catch (IOException | RuntimeException e) {
                outer.close();
                throw e;
            }
        });
    }

    private static SegmentSource open(String interfaceName) throws IOException {
        return CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything())
                .on(interfaceName)
                .withRingBytes(RING_BYTES));
    }

    private void watch() {
        try {
            while (!ending) {
                look();
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
            look();
        } catch (IOException e) {
            fault.set(e);
        } catch (InterruptedException e) {
            fault.set(new IOException("interrupted", e));
        }
    }

    private void look() throws IOException {
        drain(outer, record::onOuter);
        drain(inner, record::onInner);
    }

    private static void drain(SegmentSource source, SegmentHandler handler) throws IOException {
        while (source.drain(handler, MOST) == MOST) {
            // until it is empty
        }
    }

    /**
     * Takes what has been captured up to now, ends and judges it.
     *
     * @return empty if packets were lost: a wait would be short by what was not seen of it
     */
    public Optional<Waits> end() throws IOException, InterruptedException {
        ending = true;
        thread.join();
        IOException broken = fault.get();
        if (broken != null) {
            throw new IOException("the capture of the wire broke: " + broken.getMessage(), broken);
        }
        CaptureCounters counters = outer.counters().plus(inner.counters());
        if (counters.dropped() > 0) {
            LOG.warn("waits are not measured: the capture has lost {} packets", counters.dropped());
            return Optional.empty();
        }
        return Optional.of(record.waits());
    }

    @Override
    public void close() {
        ending = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        outer.close();
        inner.close();
    }
}
