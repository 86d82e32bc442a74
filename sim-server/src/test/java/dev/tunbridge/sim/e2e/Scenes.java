package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import dev.tunbridge.sim.link.LinkProfile;
import dev.tunbridge.sim.link.LinkSettingException;
import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.traffic.HttpLoad;
import dev.tunbridge.sim.traffic.HttpService;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the end-to-end tests share. */
public final class Scenes {
    static final long ANY_TIME = 600_000;

    private static final Duration IPERF_LIMIT = Duration.ofSeconds(30);

    private Scenes() {}

    /** Skips a test, and says so, where no lab can be opened. */
    public static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    /** Skips a test, and says so, where a program is not installed. */
    public static void requireProgram(String name) throws Exception {
        Command.Result found = Command.run(Duration.ofSeconds(5), "", List.of("sh", "-c", "command -v " + name));
        assumeTrue(found.isSuccess(), () -> "skipped: the program '" + name + "' is not installed");
    }

    public static LinkProfile profile(String name) {
        try {
            return LinkProfile.named(name);
        } catch (LinkSettingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** A service behind the device. */
    public static HttpService serviceAtDevice(Scene scene) throws Exception {
        InetAddress device = scene.tunnel().deviceAddress();
        return scene.deviceSide().call(() -> HttpService.start(new InetSocketAddress(device, 0)));
    }

    /** A service at the other end, which the device calls. */
    static HttpService serviceAtServer(Scene scene) throws Exception {
        InetAddress server = scene.plan().inner().server();
        return scene.serverSide().call(() -> HttpService.start(new InetSocketAddress(server, 0)));
    }

    public static HttpLoad clientOf(HttpService service, InetAddress address) {
        return new HttpLoad(new InetSocketAddress(address, service.port()));
    }

    /** iperf3 from the server's side to the device's: both ways, several at once, and datagrams of which none may be lost. */
    public static void iperfPasses(Scene scene, String listen, String device) throws Exception {
        try (LabProcess server = scene.deviceSide().start("iperf3", "-s", "-B", listen, "--forceflush")) {
            server.awaitLine("Server listening", IPERF_LIMIT);
            for (List<String> load : List.of(
                    List.of("-t", "1"),
                    List.of("-t", "1", "-R"),
                    List.of("-t", "1", "-P", "4"),
                    List.of("-t", "1", "-u", "-b", "5M", "-l", "1200"),
                    List.of("-t", "1", "-u", "-b", "5M", "-l", "1200", "-R"))) {
                List<String> command = new ArrayList<>(List.of("iperf3", "-c", device));
                command.addAll(load);
                Command.Result result = scene.serverSide().run(IPERF_LIMIT, command.toArray(String[]::new));
                assertThat(result.isSuccess()).as("%s: %s", load, result).isTrue();
                if (load.contains("-u")) {
                    assertThat(result.output()).as("%s", load).containsPattern(" 0/\\d+ \\(0%\\) +receiver");
                }
            }
        }
    }
}
