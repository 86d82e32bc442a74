package dev.tunbridge.bridge.relay;

import dev.tunbridge.bridge.simulation.VirtualTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** One direction of an outer connection: frames in order, at a rate, after a delay. */
final class ModelLink {
    private final VirtualTime time;
    private final long delayNanos;
    private final long bytesPerSecond;
    private final Consumer<byte[]> receiver;
    private final Deque<byte[]> underWay = new ArrayDeque<>();
    private long freeNanos;
    private boolean isCut;

    ModelLink(VirtualTime time, long delayNanos, long bytesPerSecond, Consumer<byte[]> receiver) {
        this.time = time;
        this.delayNanos = delayNanos;
        this.bytesPerSecond = bytesPerSecond;
        this.receiver = receiver;
    }

    /** Takes a frame; answers when the next one can follow without waiting. */
    long send(byte[] frame) {
        freeNanos = Math.max(freeNanos, time.nowNanos()) + frame.length * VirtualTime.SECOND / bytesPerSecond;
        underWay.add(frame);
        time.at(freeNanos + delayNanos, () -> {
            if (!isCut) {
                receiver.accept(underWay.remove());
            }
        });
        return freeNanos;
    }

    /** The connection is over; what would have come next. */
    byte[] cut() {
        isCut = true;
        byte[] next = underWay.peek();
        return next == null ? new byte[0] : next;
    }
}
