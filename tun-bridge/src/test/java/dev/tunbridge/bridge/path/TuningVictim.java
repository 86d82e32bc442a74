package dev.tunbridge.bridge.path;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.net.RouteMetrics;
import dev.tunbridge.bridge.net.TunAddressing;
import dev.tunbridge.bridge.net.TunNetwork;
import dev.tunbridge.bridge.net.Victim;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/** A process that tunes everything there is; a {@link Victim}. */
public final class TuningVictim {
    private TuningVictim() {}

    public static void main(String[] arguments) throws Exception {
        TunInterface device = TunInterface.open(arguments[0], TunKind.TUN);
        InetAddress address = InetAddress.getByName(arguments[1]);
        TunNetwork.setUp(
                new TunAddressing(device.name(), address, 30, 1400, 25, List.of(), TunAddressing.SourceRule.PRESENT));
        PathTuner tuner =
                PathTuner.open(TuningOptions.of(BridgeConfig.defaults().with(config())), device.name());
        tuner.serverRoute(InetAddress.getByName(arguments[2]), RouteMetrics.Flag.SET);
        tuner.established(new TunnelShape(address, 1400, 0));
        while (tuner.stats().route().isEmpty()) {
            Thread.onSpinWait();
        }
        Victim.awaitEnd();
    }

    static Map<String, String> config() {
        return Map.of("tun.shaper", "on", "route.rto-min", "400ms", "server-route.reordering", "20");
    }
}
