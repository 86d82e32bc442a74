package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.net.RouteMetrics;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Which metrics the routes are to have, from the options and what was measured. No clock; the loop's thread alone. */
final class RoutePlan {
    private static final int IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int TCP_HEADER_BYTES = 20;

    /** An outer connection of smaller segments is not worth adapting to. */
    private static final int MINIMUM_MTU = 1280;

    private final TuningOptions options;
    private @Nullable TunnelShape shape;
    private RoutePolicy policy = new RoutePolicy();
    private int segmentBytes;

    RoutePlan(TuningOptions options) {
        this.options = options;
    }

    /** Another tunnel, perhaps over another path. */
    void begin(TunnelShape next) {
        shape = next;
        policy = new RoutePolicy();
        segmentBytes = 0;
    }

    /** Answers whether {@link #metrics} may have changed. */
    boolean sample(PathSample sample) {
        boolean changed = options.rtoMinNanos() instanceof AutoOr.Auto && policy.sample(sample);
        if (sample.segmentBytes() > 0 && sample.segmentBytes() != segmentBytes) {
            segmentBytes = sample.segmentBytes();
            changed = true;
        }
        return changed;
    }

    /** For the TUN device's routes. */
    RouteMetrics metrics() {
        TunnelShape current = shape;
        if (current == null) {
            return RouteMetrics.NONE;
        }
        int fits = segmentBytes - current.frameOverheadBytes();
        boolean isCut = segmentBytes > 0 && fits >= MINIMUM_MTU && fits < current.mtu();
        int headers = (current.isIpv4() ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + TCP_HEADER_BYTES;
        return new RouteMetrics(
                rtoMin(),
                options.ecn(),
                RouteMetrics.Flag.LEFT,
                value(options.mtu(), isCut ? OptionalInt.of(fits) : OptionalInt.empty()),
                value(options.advertisedMss(), isCut ? OptionalInt.of(fits - headers) : OptionalInt.empty()),
                value(options.reordering(), OptionalInt.empty()));
    }

    /** For the route to the server; from any thread. */
    RouteMetrics serverMetrics(RouteMetrics.Flag ecn) {
        // The kernel remembers by itself, for an hour, how far it saw each destination reorder.
        return new RouteMetrics(
                OptionalInt.empty(),
                ecn == RouteMetrics.Flag.LEFT ? ecn : options.serverEcn(),
                options.serverQuickAck(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                value(options.serverReordering(), OptionalInt.empty()));
    }

    private OptionalInt rtoMin() {
        if (options.rtoMinNanos() instanceof AutoOr.Fixed<Long> fixed) {
            return OptionalInt.of((int) TimeUnit.NANOSECONDS.toMillis(fixed.value()));
        }
        return options.rtoMinNanos().isOff() ? OptionalInt.empty() : OptionalInt.of(policy.rtoMinMillis());
    }

    private static OptionalInt value(AutoOr<Integer> option, OptionalInt automatic) {
        if (option instanceof AutoOr.Fixed<Integer> fixed) {
            return OptionalInt.of(fixed.value());
        }
        return option.isOff() ? OptionalInt.empty() : automatic;
    }
}
