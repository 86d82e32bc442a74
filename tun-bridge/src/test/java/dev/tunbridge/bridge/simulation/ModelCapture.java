package dev.tunbridge.bridge.simulation;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/** The capture ring: sees what arrives before the kernel's TCP judges it, and loses some of it. */
final class ModelCapture {
    private static final int INTERFACE = 3;
    /** A header's worth and a little payload. */
    private static final int SNAP_BYTES = 96;

    private final VirtualTime time;
    private final Dice dice;
    private final Scenario.CaptureTraits traits;
    private final Runnable readable;
    private final Queue<Captured> ring = new ArrayDeque<>();
    private final CapturedSegment flyweight = new CapturedSegment();
    /** One place for all, so that whoever keeps bytes beyond the call reads the next packet's. */
    private final ByteBuf slot = Unpooled.buffer(1 << 16);

    private boolean dropping;
    private long dropped;

    /** A packet in the ring. */
    private record Captured(WireSegment segment, long timeNanos, int length) {}

    ModelCapture(VirtualTime time, Dice dice, Scenario.CaptureTraits traits, Runnable readable) {
        this.time = time;
        this.dice = dice;
        this.traits = traits;
        this.readable = readable;
    }

    long dropped() {
        return dropped;
    }

    boolean isEmpty() {
        return ring.isEmpty();
    }

    void arrive(WireSegment segment) {
        double stay = 1 - 1 / traits.dropBurst();
        dropping = dice.chance(dropping ? Math.max(stay, traits.drops()) : traits.drops());
        if (dropping) {
            dropped++;
            return;
        }
        arriveSurely(segment);
    }

    void arriveSurely(WireSegment segment) {
        int length = segment.packet().length;
        if (length > SNAP_BYTES && dice.chance(traits.truncation())) {
            length = SNAP_BYTES;
        }
        ring.add(new Captured(segment, time.nowNanos(), length));
        readable.run();
    }

    /** Hands over what is in the ring; the second handler hears of each segment afterwards. */
    void drain(SegmentHandler handler, Consumer<WireSegment> afterwards) {
        Captured captured;
        while ((captured = ring.poll()) != null) {
            WireSegment segment = captured.segment();
            slot.clear().writeBytes(segment.packet(), 0, captured.length());
            flyweight.wrap(slot, 0, captured.length(), segment.packet().length, captured.timeNanos());
            flyweight.mark(INTERFACE, false, segment.unfinished());
            handler.onSegment(flyweight);
            if (captured.length() == segment.packet().length) {
                afterwards.accept(segment);
            }
        }
    }
}
