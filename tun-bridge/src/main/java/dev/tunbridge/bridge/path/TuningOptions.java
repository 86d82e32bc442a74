package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.CaptureBackend;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.config.ShaperMode;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.RouteMetrics;
import java.util.List;

/**
 * What is tuned, and how far by itself.
 *
 * @param shaper of the TUN device
 * @param txQueueLength packets that the device holds
 * @param queueLimitBytes bytes that the egress queue holds
 * @param rtoMinNanos of the device's routes
 * @param ecn of the device's routes
 * @param reordering of the device's routes
 * @param advertisedMss of the device's routes
 * @param mtu of the device's routes
 * @param serverQuickAck of the route to the server
 * @param serverEcn of the route to the server
 * @param serverReordering of the route to the server
 * @param routes networks that lead into the tunnel
 */
public record TuningOptions(
        ShaperMode shaper,
        int txQueueLength,
        int queueLimitBytes,
        AutoOr<Long> rtoMinNanos,
        RouteMetrics.Flag ecn,
        AutoOr<Integer> reordering,
        AutoOr<Integer> advertisedMss,
        AutoOr<Integer> mtu,
        RouteMetrics.Flag serverQuickAck,
        RouteMetrics.Flag serverEcn,
        AutoOr<Integer> serverReordering,
        List<Prefix> routes) {

    public TuningOptions {
        routes = List.copyOf(routes);
    }

    /** Early delivery swaps what follows a hole with what fills it: a window at the worst, a few segments mostly. */
    private static final int REORDERING_BY_RECOVERY = 10;

    public static TuningOptions of(BridgeConfig config) {
        boolean reorders =
                config.get(Settings.RECOVERY_ENABLED) && config.get(Settings.CAPTURE_BACKEND) != CaptureBackend.NONE;
        AutoOr<Integer> reordering = config.get(Settings.ROUTE_REORDERING);
        if (reordering instanceof AutoOr.Auto) {
            reordering = reorders ? AutoOr.fixed(REORDERING_BY_RECOVERY) : AutoOr.off();
        }
        return new TuningOptions(
                config.get(Settings.TUN_SHAPER),
                config.get(Settings.TUN_TX_QUEUE_LENGTH),
                config.get(Settings.QUEUE_BYTES),
                config.get(Settings.ROUTE_RTO_MIN),
                flag(config.get(Settings.ROUTE_ECN)),
                reordering,
                config.get(Settings.ROUTE_ADVMSS),
                config.get(Settings.ROUTE_MTU),
                flag(config.get(Settings.SERVER_ROUTE_QUICK_ACK)),
                flag(config.get(Settings.SERVER_ROUTE_ECN)),
                config.get(Settings.SERVER_ROUTE_REORDERING),
                config.get(Settings.ROUTES));
    }

    private static RouteMetrics.Flag flag(boolean isSet) {
        return isSet ? RouteMetrics.Flag.SET : RouteMetrics.Flag.LEFT;
    }
}
