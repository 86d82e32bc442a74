package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A build or an upgrade takes the classes from under a bridge at work. */
class UpgradeUnderneathTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @BeforeAll
    static void requireLab() {
        Scenes.requireLab();
    }

    @Test
    void reconnectsAndEndsWithTheClassesThatItHas(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("classes.log");
        Path classes = Files.createDirectory(folder.resolve("classes"));
        String classPath = copyOfOwnClasses(classes);
        try (Lab lab = Lab.open();
                TwoHosts hosts = TwoHosts.open(lab);
                LabProcess bridge = hosts.startBridge(
                        List.of(),
                        List.of("-Xlog:class+load:file=" + log),
                        classPath,
                        "--set",
                        "routes=198.18.64.0/18")) {
            bridge.awaitLine("tunnel up", LIMIT);
            long loaded = Files.readString(log).lines().count();
            deleteAll(classes);
            hosts.restartServer();
            bridge.awaitLine("next try in", LIMIT);
            await().atMost(LIMIT)
                    .until(() -> bridge.output().stream()
                                    .filter(line -> line.contains("tunnel up"))
                                    .count()
                            == 2);
            bridge.terminate();
            assertThat(bridge.awaitExit(Duration.ofSeconds(3)))
                    .as("%s", bridge.output())
                    .isZero();
            assertThat(bridge.output())
                    .noneMatch(line -> line.contains("NoClassDefFound") || line.contains("Exception"));
            hosts.assertNothingIsLeft();
            assertThat(lateOnes(log, loaded))
                    .as(
                            "classes of jars and folders that were loaded after the tunnel was up: the bridge's own are loaded by"
                                    + " ClassRehearsal, libraries' belong into late-classes.txt")
                    .isEmpty();
        }
    }

    /** "[1.2s][info][class,load] dev.tunbridge.X source: file:/..."; those of the JDK and those made at run time have another source. */
    private static List<String> lateOnes(Path log, long before) throws IOException {
        return Files.readString(log)
                .lines()
                .skip(before)
                .filter(line -> line.contains(" source: file:") || line.contains(" source: jar:"))
                .map(line -> line.replaceAll("^.*\\] ", "").replaceAll(" source: .*", ""))
                .toList();
    }

    /** Jars stay: a file that is open is there until it is closed. Folders, in which every class is a file, do not. */
    private static String copyOfOwnClasses(Path to) throws IOException {
        StringBuilder classPath = new StringBuilder();
        int number = 0;
        for (String part : System.getProperty("java.class.path").split(":", -1)) {
            Path place = Path.of(part);
            String taken = part;
            if (Files.isDirectory(place) && !part.contains("test-classes")) {
                Path copy = to.resolve(String.valueOf(number++));
                try (Stream<Path> files = Files.walk(place)) {
                    for (Path file : files.toList()) {
                        Files.copy(file, copy.resolve(place.relativize(file).toString()));
                    }
                }
                taken = copy.toString();
            }
            classPath.append(classPath.isEmpty() ? "" : ":").append(taken);
        }
        return classPath.toString();
    }

    private static void deleteAll(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
