package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launchers do with builds while programs run from them, in a checkout with next to nothing in it. */
class LauncherTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void aBuildGoesBesideWhatRunsAndRemovesWhatNobodyRuns(@TempDir Path checkout) throws Exception {
        Files.createDirectory(checkout.resolve(".mvn"));
        Files.copy(Path.of("..", ".mvn", "launcher.sh"), checkout.resolve(".mvn/launcher.sh"));
        build(checkout, "first");
        Process running = new ProcessBuilder("bash", "-c", script("hold_run; echo \"$run\"; exec sleep 60"))
                .directory(checkout.toFile())
                .start();
        try {
            Path first = Path.of(running.inputReader().readLine());
            assertThat(runs(checkout)).containsExactly(first);

            removeTargets(checkout);
            build(checkout, "second");
            assertThat(runs(checkout)).hasSize(2).contains(first);
            assertThat(first.resolve("tun-bridge/tun-bridge.jar")).hasContent("first tun-bridge");
            assertThat(first.resolve("tun-bridge/lib/library.jar")).exists();
            assertThat(checkout.resolve(".tunbridge/current/tun-bridge/tun-bridge.jar"))
                    .hasContent("second tun-bridge");
        } finally {
            running.destroy();
            running.waitFor();
        }
        build(checkout, "third");
        assertThat(runs(checkout)).as("nobody runs the others").hasSize(1);
        assertThat(checkout.resolve(".tunbridge/current/sim-server/sim-server.jar"))
                .hasContent("third sim-server");
    }

    @Test
    void theClassPathIsOfTheFolderThatIsHeld(@TempDir Path checkout) throws Exception {
        Files.createDirectory(checkout.resolve(".mvn"));
        Files.copy(Path.of("..", ".mvn", "launcher.sh"), checkout.resolve(".mvn/launcher.sh"));
        build(checkout, "only");
        Path run = runs(checkout).get(0);
        Command.Result result = bash(
                checkout,
                "hold_run; java_for \"$run/tun-bridge\" tun-bridge.jar; printf '%s\\n' \"${java_command[@]}\"");
        assertThat(result.output().lines())
                .contains(run + "/tun-bridge/tun-bridge.jar:" + run + "/tun-bridge/lib/library.jar:" + run
                        + "/tun-bridge/lib/other.jar");
    }

    /** What Maven leaves behind, and what the launcher makes of it. */
    private static void build(Path checkout, String content) throws IOException {
        for (String module : List.of("tun-bridge", "sim-server")) {
            Path target = checkout.resolve(module).resolve("target");
            Files.createDirectories(target.resolve("lib"));
            Files.createDirectories(target.resolve("maven-archiver"));
            Files.writeString(target.resolve("maven-archiver/pom.properties"), "version=1.0\n");
            Files.writeString(target.resolve(module + "-1.0.jar"), content + " " + module);
            Files.writeString(target.resolve("lib/library.jar"), "");
            Files.writeString(target.resolve("classpath"), "target/lib/library.jar:target/lib/other.jar");
        }
        Command.Result result = bash(checkout, "mkdir -p \"$state\"; touch \"$state/begun\"; mark_built");
        assertThat(result.isSuccess()).as("%s", result).isTrue();
    }

    private static void removeTargets(Path checkout) throws IOException {
        assertThat(bash(checkout, "rm -r \"$top\"/*/target").isSuccess()).isTrue();
    }

    private static List<Path> runs(Path checkout) throws IOException {
        try (Stream<Path> files = Files.list(checkout.resolve(".tunbridge").toRealPath())) {
            return files.filter(file -> file.getFileName().toString().startsWith("run-"))
                    .toList();
        }
    }

    private static Command.Result bash(Path checkout, String commands) throws IOException {
        return Command.run(LIMIT, "", List.of("bash", "-c", "cd " + checkout + "; " + script(commands)));
    }

    private static String script(String commands) {
        return "set -euo pipefail; program=test; . .mvn/launcher.sh; " + commands;
    }
}
