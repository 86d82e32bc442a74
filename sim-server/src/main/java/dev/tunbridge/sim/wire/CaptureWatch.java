package dev.tunbridge.sim.wire;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Captures while a load plays. Rings of the kernel, drained by looking into them now and then: since the kernel stamps
 * what it captures, nobody need wake for a packet, and beside the load there is neither another process nor a disk at
 * work (tcpdump would be both).
 */
final class CaptureWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 10;
    private static final int MOST = 1 << 16;

    /** A ring, and who hears on the watch's thread of what is in it. */
    record Tap(SegmentSource source, SegmentHandler handler) {}

    private final List<Tap> taps;
    private final Thread thread;
    private final AtomicReference<@Nullable IOException> fault = new AtomicReference<>();
    private volatile boolean ending;

    private CaptureWatch(List<Tap> taps) {
        this.taps = List.copyOf(taps);
        thread = new Thread(this::watch, "capture-watch");
        thread.setDaemon(true);
    }

    /** From now on; the sources are the watch's to close. */
    static CaptureWatch start(List<Tap> taps) {
        CaptureWatch watch = new CaptureWatch(taps);
        watch.thread.start();
        return watch;
    }

    /** Every packet of an interface, in the network namespace of the calling thread. */
    static SegmentSource open(String interfaceName, int ringBytes) throws IOException {
        return CaptureRing.open(CaptureOptions.of(new CaptureFilter.Everything())
                .on(interfaceName)
                .withRingBytes(ringBytes));
    }

    /** The interface that has this address, in the network namespace of the calling thread. */
    static String interfaceOf(InetAddress address) throws IOException {
        NetworkInterface found = NetworkInterface.getByInetAddress(address);
        if (found == null) {
            throw new IOException("no device has the address " + address.getHostAddress());
        }
        return found.getName();
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
        for (Tap tap : taps) {
            while (tap.source.drain(tap.handler, MOST) == MOST) {
                // until it is empty
            }
        }
    }

    /** Takes what has been captured up to now, and ends. What the handlers have written is then the caller's to read. */
    CaptureCounters end() throws IOException, InterruptedException {
        ending = true;
        thread.join();
        IOException broken = fault.get();
        if (broken != null) {
            throw new IOException("the capture of the wire broke: " + broken.getMessage(), broken);
        }
        return taps.stream().map(tap -> tap.source.counters()).reduce(CaptureCounters.NONE, CaptureCounters::plus);
    }

    @Override
    public void close() {
        ending = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        taps.forEach(tap -> tap.source.close());
    }
}
