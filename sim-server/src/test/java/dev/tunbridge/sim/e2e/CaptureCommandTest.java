package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.sim.lab.JavaProgram;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tunbridge capture} and its bounds, with {@code tunbridge replay} to read what it has written. */
class CaptureCommandTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String TUNBRIDGE = "dev.tunbridge.bridge.service.Main";

    @TempDir
    private Path folder;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void endsAfterSoManySeconds() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            Path file = folder.resolve("nothing.pcapng");
            Command.Result result = alone.run(LIMIT, capture(file, "--seconds", "1"));
            assertThat(result.exitCode()).as("%s", result).isZero();
            assertThat(result.output()).contains("ended after 1 s: 0 outer packets (0 lost, 0 cut)");
            assertThat(result.errors()).isEmpty();
            Command.Result list = replay("--list", file.toString());
            assertThat(list.exitCode()).isZero();
            assertThat(list.output()).contains("no TCP connection among 0 IP packets");
            Command.Result replayed = replay(file.toString());
            assertThat(replayed.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(replayed.errors()).contains("has no TCP connection");
        }
    }

    @Test
    void endsBeforeTheFileGrowsTooLarge() throws Exception {
        Path file = folder.resolve("small.pcapng");
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess capture = alone.start(capture(file, "--max-bytes", "64KiB"))) {
                capture.awaitLine("recording", LIMIT);
                transfer(alone, 10_000_000);
                assertThat(capture.awaitExit(LIMIT)).isZero();
                assertThat(capture.awaitLine("ended", LIMIT)).contains("at the limit of 65536 bytes");
            }
        }
        assertThat(Files.size(file)).isBetween(1_000L, 65_536L);
        Command.Result list = replay("--list", file.toString());
        assertThat(list.output()).containsPattern("0: 127\\.0\\.0\\.1:\\d+-127\\.0\\.0\\.1:7000, ");
        assertThat(list.output().lines())
                .as("both directions are one connection")
                .hasSize(1);
    }

    @Test
    void recordsTheDeviceAsSoonAndAsOftenAsItIsThere() throws Exception {
        Path file = folder.resolve("inner.pcapng");
        try (Lab lab = Lab.open()) {
            LabNamespace alone = lab.namespace("alone");
            try (LabProcess capture = alone.start(capture(file, "--inner", "--tun", "tbx"))) {
                capture.awaitLine("tbx is not there", LIMIT);
                for (int times = 1; times <= 2; times++) {
                    ip(alone, "tuntap", "add", "tbx", "mode", "tun");
                    ip(alone, "link", "set", "tbx", "up");
                    awaitLines(capture, "tbx is there", times);
                    ip(alone, "tuntap", "del", "tbx", "mode", "tun");
                    awaitLines(capture, "tbx is not there", times + 1);
                }
                capture.terminate();
                assertThat(capture.awaitExit(LIMIT)).isZero();
                assertThat(capture.awaitLine("ended interrupted", LIMIT)).contains("inner packets (0 lost, 0 cut)");
            }
        }
    }

    private static void awaitLines(LabProcess process, String text, int times) throws Exception {
        org.awaitility.Awaitility.await()
                .atMost(LIMIT)
                .until(() -> process.output().stream()
                                .filter(line -> line.contains(text))
                                .count()
                        >= times);
    }

    private static void ip(LabNamespace namespace, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Command.Result result = namespace.run(LIMIT, command.toArray(String[]::new));
        assertThat(result.isSuccess()).as("%s", result).isTrue();
    }

    private static void transfer(LabNamespace namespace, int bytes) throws Exception {
        try (ServerSocket listening = namespace.call(() -> {
            ServerSocket socket = new ServerSocket();
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 7000));
            return socket;
        })) {
            Thread server = namespace.newThread(() -> {
                try (Socket connection = listening.accept()) {
                    connection.getOutputStream().write(new byte[bytes]);
                } catch (java.io.IOException e) {
                    // the client has gone
                }
            });
            server.start();
            namespace.call(() -> {
                try (Socket client = new Socket(InetAddress.getLoopbackAddress(), 7000)) {
                    return client.getInputStream().readAllBytes().length;
                }
            });
        }
    }

    private static String[] capture(Path file, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("capture", "--server", "127.0.0.1:7000", "--out", file.toString()));
        arguments.addAll(List.of(more));
        return JavaProgram.java(TUNBRIDGE, arguments.toArray(String[]::new)).toArray(String[]::new);
    }

    private static Command.Result replay(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("replay"));
        all.addAll(List.of(arguments));
        return Command.run(LIMIT, "", JavaProgram.java(TUNBRIDGE, all.toArray(String[]::new)));
    }
}
