package dev.tunbridge.bridge.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Receive offload: consecutive segments of one instant become one packet, by the kernel's rules (net/ipv4/tcp_offload.c,
 * {@code tcp_gro_receive}). Capture and kernel both stand behind it.
 */
final class ModelOffload {
    private static final int MOST_BYTES = 65_535;
    /** MAX_SKB_FRAGS. */
    private static final int MOST_SEGMENTS = 17;

    private final VirtualTime time;
    private final OuterWire wire;
    private final Scenario.CaptureTraits traits;
    private final Consumer<WireSegment> destination;
    private final List<WireSegment> arrived = new ArrayList<>();

    ModelOffload(VirtualTime time, OuterWire wire, Scenario.CaptureTraits traits, Consumer<WireSegment> destination) {
        this.time = time;
        this.wire = wire;
        this.traits = traits;
        this.destination = destination;
    }

    void arrive(WireSegment segment) {
        if (!traits.coalesces()) {
            destination.accept(finish(segment));
            return;
        }
        if (arrived.isEmpty()) {
            // Whatever else arrives in this instant was sent before, so it stands in front of this event.
            time.after(0, this::flush);
        }
        arrived.add(segment);
    }

    private void flush() {
        List<WireSegment> batch = List.copyOf(arrived);
        arrived.clear();
        WireSegment open = null;
        int size = 0;
        int segments = 0;
        for (WireSegment segment : batch) {
            if (open != null && segments < MOST_SEGMENTS && joins(open, size, segment)) {
                open = wire.joined(open, segment);
                segments++;
                if (segment.length() < size) {
                    destination.accept(open);
                    open = null;
                }
                continue;
            }
            emit(open);
            open = segment;
            size = segment.length();
            segments = 1;
        }
        emit(open);
    }

    private void emit(@Nullable WireSegment segment) {
        if (segment != null) {
            destination.accept(finish(segment));
        }
    }

    private WireSegment finish(WireSegment segment) {
        return traits.unfinished() && !segment.corrupt() && !segment.unfinished() ? wire.unfinished(segment) : segment;
    }

    private static boolean joins(WireSegment open, int size, WireSegment next) {
        return !open.corrupt()
                && !next.corrupt()
                && open.length() > 0
                && next.length() > 0
                && next.length() <= size
                && !open.push()
                && open.end() == next.offset()
                && open.timestamp() == next.timestamp()
                && open.echo() == next.echo()
                && open.acknowledged() == next.acknowledged()
                && open.packet().length + next.length() <= MOST_BYTES;
    }
}
