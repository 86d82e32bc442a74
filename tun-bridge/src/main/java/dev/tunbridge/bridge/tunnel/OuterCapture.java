package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.CaptureBackend;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.reassembly.capture.CaptureCounters;
import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.capture.PcapCapture;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.recovery.LaneState;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.channel.EventLoop;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The capture of one outer connection, or the reason why there is none. Loop thread only. */
final class OuterCapture implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OuterCapture.class);

    /** Segments taken in one turn, so that the other descriptors are not starved. */
    private static final int SEGMENTS_PER_TURN = 512;

    private @Nullable LiveSource source;
    private LaneState absence;
    private CaptureCounters counters = CaptureCounters.NONE;
    private boolean isResting;

    private OuterCapture(@Nullable LiveSource source, LaneState absence) {
        this.source = source;
        this.absence = absence;
    }

    /** No capture, for a reason. */
    static OuterCapture absent(LaneState reason) {
        return new OuterCapture(null, reason);
    }

    /** Captures from now on. Where that is not possible the connection works without, and the log says why. */
    static OuterCapture open(BridgeConfig config, FourTuple path) {
        CaptureBackend backend = config.get(Settings.CAPTURE_BACKEND);
        if (backend == CaptureBackend.NONE) {
            return absent(LaneState.OFF);
        }
        CaptureOptions options = CaptureOptions.of(new CaptureFilter.Inbound(path))
                .withRingBytes(config.get(Settings.CAPTURE_RING_BYTES));
        try {
            return new OuterCapture(
                    backend == CaptureBackend.RING ? CaptureRing.open(options) : PcapCapture.open(options),
                    LaneState.FAILED);
        } catch (IOException e) {
            boolean isForbidden = e instanceof LinuxException fault && fault.isForbidden();
            LOG.warn(
                    "no packet goes past a hole on this connection: {}{}",
                    e.getMessage(),
                    isForbidden ? " (CAP_NET_RAW is missing)" : "");
            return absent(isForbidden ? LaneState.FORBIDDEN : LaneState.FAILED);
        }
    }

    boolean isOpen() {
        return source != null;
    }

    /** Why there is no capture. */
    LaneState absence() {
        return absence;
    }

    /** Tells whenever there are segments to drain. */
    void start(EventLoop loop, Runnable onReadable) {
        LiveSource current = source;
        if (current == null) {
            return;
        }
        try {
            current.start(loop, onReadable);
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Hands over what was captured. */
    void drain(SegmentHandler handler) {
        LiveSource current = source;
        if (current == null) {
            return;
        }
        try {
            current.drain(handler, SEGMENTS_PER_TURN);
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Captures nothing until {@link #wake}, and hands over what it still has; false if that cannot be. */
    boolean rest(SegmentHandler handler) {
        LiveSource current = source;
        if (current == null || !current.rest()) {
            return false;
        }
        drain(handler);
        isResting = true;
        return true;
    }

    /** While it rests only what was under way still comes. */
    boolean isResting() {
        return isResting;
    }

    void wake() {
        LiveSource current = source;
        isResting = false;
        if (current == null) {
            return;
        }
        try {
            current.wake();
        } catch (IOException e) {
            fail(e);
        }
    }

    private void fail(IOException cause) {
        LOG.warn("the capture has ended, no packet goes past a hole any more: {}", cause.getMessage());
        close();
        absence = LaneState.FAILED;
    }

    CaptureCounters counters() {
        LiveSource current = source;
        return current == null ? counters : current.counters();
    }

    @Override
    public void close() {
        LiveSource current = source;
        if (current != null) {
            counters = current.counters();
            source = null;
            current.close();
        }
    }
}
