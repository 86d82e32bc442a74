package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several tunnels in one process. {@code -Dtunbridge.tunnels=200} plays so many, and prints what they take. */
class ManyTunnelsTest {
    private static final int TUNNELS = Integer.getInteger("tunbridge.tunnels", 6);
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int ECHO_PORT = 9;
    private static final int ECHO_BYTES = 1_000;
    private static final int MOST_KILOBYTES = 400_000;

    @TempDir
    Path folder;

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void eachPassesTrafficAndEndsWithTheProcess() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace device = lab.namespace("device");
            LabNamespace server = lab.namespace("server");
            lab.connect(
                    device.at("out0", "198.18.0.1/30"), server.at("out0", "198.18.0.2/30"), Scenes.profile("veth"), 1);
            try (LabProcess servers = server.start(serve());
                    ServerSocket echo = server.call(() -> new ServerSocket(ECHO_PORT, TUNNELS))) {
                servers.awaitLine("serving on 198.18.0.2 port " + (7_000 + TUNNELS - 1), LIMIT);
                Thread answering = new Thread(() -> answer(echo), "echo");
                answering.setDaemon(true);
                answering.start();
                Path stats = folder.resolve("stats.json");
                long begun = System.nanoTime();
                try (LabProcess bridges = device.start(run(stats))) {
                    for (int tunnel = 0; tunnel < TUNNELS; tunnel++) {
                        bridges.awaitLine("tb" + tunnel + ": tunnel up", LIMIT);
                    }
                    System.out.printf(
                            "%d tunnels: up in %d ms%n",
                            TUNNELS, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
                    for (int tunnel = 0; tunnel < TUNNELS; tunnel++) {
                        assertEchoes(device, tunnel);
                    }
                    bound(bridges.pid());
                    bridges.terminate();
                    assertThat(bridges.awaitExit(LIMIT)).isZero();
                }
                String counters = Files.readString(stats);
                for (int tunnel = 0; tunnel < TUNNELS; tunnel++) {
                    assertThat(counters).contains("\"tb" + tunnel + "\":{");
                }
                assertThat(device.run(LIMIT, "ip", "link").output())
                        .as("taken back")
                        .doesNotContain("tb0");
                assertThat(device.run(LIMIT, "ip", "rule").output()).doesNotContain("proto 84");
            }
        }
    }

    @Test
    void refusesTwoOfOneName() throws Exception {
        Path first = Files.writeString(folder.resolve("a.yaml"), "server: 198.18.0.2:1\n");
        Path second = Files.writeString(folder.resolve("b.yaml"), "server: 198.18.0.2:2\n");
        try (Lab lab = Lab.open()) {
            List<String> command = java("dev.tunbridge.bridge.service.Main", "-Xmx64m");
            command.addAll(List.of("run", "--config", first.toString(), "--config", second.toString()));
            Command.Result result = lab.namespace("device").run(LIMIT, command.toArray(String[]::new));
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.errors()).contains("tun.name", "'tb0'", "a.yaml", "b.yaml");
        }
    }

    private static String[] serve() {
        List<String> command = java("dev.tunbridge.sim.service.Main", "-Xmx512m");
        command.addAll(List.of("serve", "--listen", "198.18.0.2:7000", "--count", String.valueOf(TUNNELS)));
        command.addAll(List.of("--tunnel", "198.19.0.2/30", "--device", "198.19.0.1"));
        return command.toArray(String[]::new);
    }

    private String[] run(Path stats) throws IOException {
        List<String> command = java("dev.tunbridge.bridge.service.Main", "-Xmx64m");
        command.addAll(List.of("run", "--loops", "2", "--stats-file", stats.toString()));
        for (int tunnel = 0; tunnel < TUNNELS; tunnel++) {
            Path file = folder.resolve(tunnel + ".yaml");
            Files.writeString(file, "server: 198.18.0.2:" + (7_000 + tunnel) + "\ntun:\n  name: tb" + tunnel + "\n");
            command.addAll(List.of("--config", file.toString()));
        }
        return command.toArray(String[]::new);
    }

    private static List<String> java(String mainClass, String heap) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ArrayList<>(List.of(
                java,
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                heap,
                "-XX:MaxDirectMemorySize=256m",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
    }

    private static void answer(ServerSocket echo) {
        while (!echo.isClosed()) {
            try (Socket caller = echo.accept()) {
                caller.getOutputStream().write(caller.getInputStream().readNBytes(ECHO_BYTES));
            } catch (IOException e) {
                // The next one; or closed, which is the end.
            }
        }
    }

    /** From one tunnel to the address at the other end of the same: the kernel has no other way there. */
    private static void assertEchoes(LabNamespace device, int tunnel) throws IOException {
        int other = 4 * tunnel + 2;
        InetAddress address = InetAddress.getByAddress(new byte[] {(byte) 198, 19, (byte) (other >> 8), (byte) other});
        byte[] sent = new byte[ECHO_BYTES];
        sent[0] = (byte) tunnel;
        byte[] heard = device.call(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, ECHO_PORT), 5_000);
                socket.setSoTimeout(5_000);
                socket.getOutputStream().write(sent);
                return socket.getInputStream().readNBytes(ECHO_BYTES);
            }
        });
        assertThat(heard).as("through tunnel %d", tunnel).isEqualTo(sent);
    }

    private static void bound(long pid) throws IOException {
        Matcher resident =
                Pattern.compile("VmHWM:\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        assertThat(resident.find()).isTrue();
        int kilobytes = Integer.parseInt(resident.group(1));
        System.out.printf("%d tunnels: %d MB resident%n", TUNNELS, kilobytes / 1_000);
        assertThat(kilobytes).isLessThan(MOST_KILOBYTES);
    }
}
