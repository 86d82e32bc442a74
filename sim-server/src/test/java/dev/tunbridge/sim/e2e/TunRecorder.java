package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.scene.Scene;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** Records the TCP segments that cross a TUN device in one direction. Only the kernel stamps, so that the time is theirs and not ours. */
final class TunRecorder implements AutoCloseable {
    private static final int RING_BYTES = 1 << 22;
    private static final int MOST_PER_LOOK = 1 << 10;
    /** More than any test here sends; beyond it a test fails rather than the memory. */
    private static final int MOST_SEGMENTS = 1 << 14;

    private static final long LOOK_MILLIS = 5;

    private final CaptureRing ring;
    private final boolean outgoing;
    private final List<RecordedSegment> segments = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean ending;
    private volatile CaptureCounters counters = CaptureCounters.NONE;

    private TunRecorder(CaptureRing ring, boolean outgoing) {
        this.ring = ring;
        this.outgoing = outgoing;
        thread = new Thread(this::watch, "tun-recorder");
        thread.setDaemon(true);
        thread.start();
    }

    /** What local TCP of the device hands over to the bridge. */
    static TunRecorder intoTheTunnel(Scene scene) throws IOException {
        return open(scene.deviceSide(), "tb0", true);
    }

    /** What comes out of the tunnel at the server. */
    static TunRecorder outOfTheTunnel(Scene scene) throws IOException {
        return open(scene.serverSide(), "sim0", false);
    }

    private static TunRecorder open(LabNamespace host, String device, boolean outgoing) throws IOException {
        return host.call(() -> {
            CaptureOptions options =
                    CaptureOptions.of(new CaptureFilter.Everything()).on(device).withRingBytes(RING_BYTES);
            return new TunRecorder(CaptureRing.open(options), outgoing);
        });
    }

    private void watch() {
        try {
            while (!ending) {
                ring.drain(this::record, MOST_PER_LOOK);
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
            ring.drain(this::record, MOST_SEGMENTS);
        } catch (IOException | InterruptedException e) {
            // The device has gone, with the server that had made it: what was recorded before stands.
        } finally {
            counters = ring.counters();
            ring.close();
        }
    }

    private void record(CapturedSegment captured) {
        if (captured.isOutgoing() == outgoing && segments.size() < MOST_SEGMENTS) {
            RecordedSegment.of(captured).ifPresent(segments::add);
        }
    }

    /** Up to now, in the order in which they crossed the device. */
    List<RecordedSegment> segments() {
        return List.copyOf(segments);
    }

    /** Ends the recording, and fails if it is not complete. */
    void requireComplete() throws InterruptedException {
        ending = true;
        thread.join();
        assertThat(counters.dropped() + counters.truncated())
                .as("segments that the recording has missed: %s", counters)
                .isZero();
        assertThat(segments).hasSizeLessThan(MOST_SEGMENTS);
    }

    @Override
    public void close() {
        ending = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
