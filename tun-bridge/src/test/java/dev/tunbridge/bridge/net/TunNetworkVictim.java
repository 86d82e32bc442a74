package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process that sets a TUN device up, says so, and then waits for its end, which its test brings. */
final class TunNetworkVictim {
    private TunNetworkVictim() {}

    /** Starts it in the calling thread's network namespace; it is ready when it has printed a line. */
    static Process start(String device, String address) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        java,
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TunNetworkVictim.class.getName(),
                        device,
                        address)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        TunInterface device = TunInterface.open(arguments[0], TunKind.TUN);
        TunNetwork.setUp(new TunAddressing(
                device.name(),
                InetAddress.getByName(arguments[1]),
                30,
                1400,
                500,
                List.of(),
                TunAddressing.SourceRule.PRESENT));
        System.out.println("ready");
        new CountDownLatch(1).await();
    }
}
