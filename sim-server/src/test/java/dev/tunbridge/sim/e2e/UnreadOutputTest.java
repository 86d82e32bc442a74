package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bridge whose output and log go to a full pipe: a supervisor that is stuck, a terminal that was stopped. */
class UnreadOutputTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** A pipe that the bridge itself keeps open, full before its first line. */
    private static final String INTO_A_FULL_PIPE =
            "exec 3<>\"$1\"; head -c 65536 /dev/zero >&3; shift; exec \"$@\" >&3 2>&3";

    @BeforeAll
    static void requireLab() throws Exception {
        Scenes.requireLab();
        Scenes.requireProgram("ping");
    }

    @Test
    void trafficPassesAndTheEndIsInOrderWhileNobodyReads(@TempDir Path folder) throws Exception {
        try (Lab lab = Lab.open();
                TwoHosts hosts = TwoHosts.open(lab);
                LabProcess bridge = start(hosts, folder)) {
            Path stats = folder.resolve("stats.json");
            awaitStats(stats, "\"state\":\"established\"");
            hosts.assertPings(3);
            awaitStats(stats, "\"down\":{\"packets\":3,");
            bridge.terminate();
            assertThat(bridge.awaitExit(Duration.ofSeconds(3))).isZero();
            assertThat(Files.readString(stats)).contains("\"state\":\"closed\"");
            hosts.assertNothingIsLeft();
        }
    }

    @Test
    void whoReadsAgainIsToldFromTheBeginning(@TempDir Path folder) throws Exception {
        try (Lab lab = Lab.open();
                TwoHosts hosts = TwoHosts.open(lab);
                LabProcess bridge = start(hosts, folder)) {
            awaitStats(folder.resolve("stats.json"), "\"state\":\"established\"");
            try (BufferedReader reader = Files.newBufferedReader(folder.resolve("pipe"))) {
                assertThat(reader.readLine()).endsWith("connecting to 198.18.0.2:7000");
                String line = reader.readLine();
                while (!line.startsWith("tunnel up")) {
                    line = reader.readLine();
                }
                bridge.terminate();
                assertThat(reader.readLine()).isEqualTo("closed");
            }
            assertThat(bridge.awaitExit(Duration.ofSeconds(2))).isZero();
        }
    }

    private static LabProcess start(TwoHosts hosts, Path folder) throws IOException {
        Path pipe = folder.resolve("pipe");
        assertThat(hosts.device().run(LIMIT, "mkfifo", pipe.toString()).isSuccess())
                .isTrue();
        return hosts.startBridge(
                List.of("bash", "-c", INTO_A_FULL_PIPE, "bash", pipe.toString()),
                List.of(),
                System.getProperty("java.class.path"),
                "--stats-file",
                folder.resolve("stats.json").toString());
    }

    private static void awaitStats(Path file, String said) {
        await().atMost(LIMIT)
                .until(() -> Files.exists(file) && Files.readString(file).contains(said));
    }
}
