package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A process that tunes everything there is, says so, and then waits for its end, which its test brings. */
final class TuningVictim {
    private TuningVictim() {}

    /** Starts it in the calling thread's network namespace; it is ready when it has printed a line. */
    static Process start(String device, String address, String server) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        java,
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TuningVictim.class.getName(),
                        device,
                        address,
                        server)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        TunInterface device = TunInterface.open(arguments[0], TunKind.TUN);
        InetAddress address = InetAddress.getByName(arguments[1]);
        TunNetwork.setUp(
                new TunAddressing(device.name(), address, 30, 1400, 25, List.of(), TunAddressing.SourceRule.PRESENT));
        PathTuner tuner =
                PathTuner.open(TuningOptions.of(BridgeConfig.defaults().with(config())), device.name());
        tuner.serverRoute(InetAddress.getByName(arguments[2]));
        tuner.established(new TunnelShape(address, 1400, 0));
        while (tuner.stats().route().isEmpty()) {
            Thread.onSpinWait();
        }
        System.out.println("ready");
        new CountDownLatch(1).await();
    }

    static Map<String, String> config() {
        return Map.of("tun.shaper", "on", "route.rto-min", "400ms", "server-route.reordering", "20");
    }
}
