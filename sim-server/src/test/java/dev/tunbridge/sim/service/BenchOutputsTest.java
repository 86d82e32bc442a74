package dev.tunbridge.sim.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.sim.lab.Lab;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** One benchmark as a user starts it, short, and all that it leaves. */
class BenchOutputsTest {
    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @Test
    void aRunOfTheBareLinkLeavesATableAJsonFileAndAPage(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("bench.json");
        Path html = folder.resolve("bench.html");
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(errors, true));
        int code = line.execute(
                ("bench --peer direct --profile veth --workload tcp --workload ping --seconds 1 --runs 1 --warm-up 0"
                                + " --json " + json + " --html " + html)
                        .split(" ", -1));
        assertThat(errors.toString()).isEqualToIgnoringNewLines("simserver bench: 2 cells, about 8 s");
        assertThat(out.toString()).contains("veth - tcp down, 1 flow, 1 s", "cells measured: 2 of 2 (100.0 %)");
        assertThat(Files.readString(json))
                .contains("\"success\":{\"planned\":2,\"measured\":2,\"retried\":0")
                .containsPattern("\"received\":\\{\"bin_ms\":100.000,\"mbit\":\\[[0-9.]+,")
                .containsPattern("\"latency_ms\":\\{\"p0\":[0-9.e-]+,\"p1\":");
        assertThat(Files.readString(html))
                .contains("alt=\"tcp down, 1 flow, 1 s: rate (→ more is better)\"")
                .contains("alt=\"veth, tcp down, 1 flow, 1 s: rate over time (→ more is better)\"")
                .contains("alt=\"veth, ping, idle, 1 s: latency by percentile (← less is better)\"");
        assertThat(code).isEqualTo(ExitCode.OK);
    }
}
