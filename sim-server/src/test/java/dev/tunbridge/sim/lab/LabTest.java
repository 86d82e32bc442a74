package dev.tunbridge.sim.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.sim.link.LinkProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LabTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @BeforeEach
    void needsRoot() {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
    }

    @Test
    void leavesNothingBehindAndClosesTwice() throws Exception {
        String name;
        LabProcess sleeper;
        Lab lab = Lab.open();
        try (lab) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            name = left.fullName();
            lab.connect(left.at("x0", "198.18.0.1/30"), right.at("x0", "198.18.0.2/30"), LinkProfile.CLEAR, 1);
            lab.connect(left.at("v0", "198.18.0.5/30"), right.at("v0", "198.18.0.6/30"), LinkProfile.VETH, 1);
            sleeper = left.start("sh", "-c", "sleep 1000 & echo started; wait");
            sleeper.awaitLine("started", LIMIT);
            assertThat(namespaces()).contains(name);
        }
        lab.close();
        assertThat(namespaces()).doesNotContain(name);
        assertThat(sleeper.isAlive()).isFalse();
        assertThatThrownBy(() -> lab.namespace("late")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void givesAddressesAndNothingElse() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            lab.connect(
                    left.at("x0", "198.18.0.1/30", "2001:2::1/64"),
                    right.at("x0", "198.18.0.2/30", "2001:2::2/64"),
                    LinkProfile.CLEAR,
                    1);
            List<String> addresses = left.run(LIMIT, "ip", "-o", "addr", "show", "dev", "x0")
                    .output()
                    .lines()
                    .map(line -> line.split("\\s+", -1)[3])
                    .toList();
            assertThat(addresses).containsExactlyInAnyOrder("198.18.0.1/30", "2001:2::1/64");
        }
    }

    @Test
    void aFailedConnectionLeavesNoDevice() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            right.run(LIMIT, "ip", "link", "add", "x0", "type", "veth", "peer", "name", "other");
            for (LinkProfile profile : List.of(LinkProfile.CLEAR, LinkProfile.VETH)) {
                assertThatThrownBy(() -> lab.connect(
                                left.at("x0", "198.18.0.1/30"), right.at("x0", "198.18.0.2/30"), profile, 1))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("x0");
                assertThat(left.run(LIMIT, "ip", "link", "show", "dev", "x0").isSuccess())
                        .isFalse();
            }
        }
    }

    @Test
    void runsProgramsForABoundedTime() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            assertThat(left.run(LIMIT, "sh", "-c", "echo out; echo err >&2; exit 3"))
                    .satisfies(result -> {
                        assertThat(result.exitCode()).isEqualTo(3);
                        assertThat(result.output()).isEqualTo("out\n");
                        assertThat(result.errors()).isEqualTo("err\n");
                    });
            assertThatThrownBy(() -> left.run(Duration.ofMillis(100), "sleep", "1000"))
                    .hasMessage("sleep 1000: not finished within 100 ms");
            assertThatThrownBy(() -> left.run(LIMIT, "no-such-program")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void setsCongestionControlWhereTheSysctlIsRefused() throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            lab.connect(
                    left.at("x0", "198.18.0.1/30", "2001:2::1/64"),
                    right.at("x0", "198.18.0.2/30", "2001:2::2/64"),
                    LinkProfile.CLEAR,
                    1);
            left.addRoute("198.19.0.0/24", "198.18.0.2");
            for (String algorithm : List.of("cubic", "reno")) {
                left.setCongestionControl(algorithm);
                assertThat(left.run(LIMIT, "ip", "route", "show").output().lines())
                        .hasSize(2)
                        .allMatch(line -> line.contains("congctl " + algorithm));
                assertThat(left.run(LIMIT, "ip", "-6", "route", "show").output().lines())
                        .allMatch(line -> line.contains("congctl " + algorithm));
            }
            assertThatThrownBy(() -> left.setCongestionControl("nonesuch")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void theNextLabRemovesWhatAKilledProcessLeft() throws Exception {
        LabProcess victim = LabProcess.start(LabVictim.command());
        try {
            String name = victim.awaitLine("namespace ", LIMIT).substring("namespace ".length());
            long orphan = Long.parseLong(victim.awaitLine("child ", LIMIT).substring("child ".length()));
            try (Lab other = Lab.open()) {
                other.namespace("other");
                assertThat(namespaces()).as("a living process keeps its lab").contains(name);
            }
            ProcessHandle.of(victim.pid()).orElseThrow().destroyForcibly();
            victim.awaitExit(LIMIT);
            assertThat(namespaces()).contains(name);
            Lab.open().close();
            assertThat(namespaces()).doesNotContain(name);
            ProcessHandle.of(orphan).ifPresent(handle -> handle.onExit().join());
        } finally {
            victim.close();
        }
    }

    @Test
    void theShutdownHookClosesALabThatNobodyClosed() throws Exception {
        try (LabProcess victim = LabProcess.start(LabVictim.command())) {
            String name = victim.awaitLine("namespace ", LIMIT).substring("namespace ".length());
            victim.awaitLine("child ", LIMIT);
            victim.terminate();
            victim.awaitExit(LIMIT);
            assertThat(namespaces()).doesNotContain(name);
        }
    }

    @Test
    void worksInAnUnprivilegedUserNamespace() throws Exception {
        List<String> probe = List.of("unshare", "-Urnm", "sh", "-c", "mount -t tmpfs tmpfs /run");
        try (LabProcess tried = LabProcess.start(probe)) {
            Assumptions.assumeTrue(tried.awaitExit(LIMIT) == 0, "user namespaces are closed here");
        }
        String java = String.join(" ", LabVictim.command());
        try (LabProcess inside = LabProcess.start(
                List.of("unshare", "-Urnm", "sh", "-c", "mount -t tmpfs tmpfs /run && exec " + java))) {
            inside.awaitLine("linked", LIMIT);
        }
    }

    private static List<String> namespaces() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/run/netns"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
