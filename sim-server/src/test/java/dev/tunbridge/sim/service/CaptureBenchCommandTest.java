package dev.tunbridge.sim.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.sim.lab.Lab;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CaptureBenchCommandTest {
    private final StringWriter output = new StringWriter();
    private final StringWriter errors = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--source tcpdump|--source: 'tcpdump' is not valid; allowed: ring, read, pcap",
                "--rate 1|--rate: '1' is not valid; allowed: 1000 to 1000000",
                "--probes 0|--probes",
                "--seconds 0|--seconds",
                "--ring-bytes 4096|--ring-bytes: '4096' is not valid; allowed: 131072 to 268435456",
                "--json /no/such/folder/file.json|cannot write"
            })
    void aWrongCommandLineGetsOneLineAndExitCodeTwo(String arguments, String said) {
        assertThat(run(arguments)).isEqualTo(ExitCode.USAGE);
        assertThat(errors.toString()).contains(said);
        assertThat(errors.toString().strip().lines()).as("one line").hasSize(1);
    }

    @Test
    void measuresEachWayAndSaysSoInATableAndInJson(@TempDir Path folder) throws Exception {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        Path json = folder.resolve("capture.json");
        assertThat(run("--seconds 1 --probes 100 --rate 3000 --source ring --source read --json " + json))
                .as(errors.toString())
                .isEqualTo(ExitCode.OK);
        assertThat(output.toString())
                .contains("woken on an idle link")
                .contains("one by one, ring")
                .contains("coalesced by 45, read");
        String text = Files.readString(json);
        assertThat(text).contains("\"source\":\"ring\",\"probes\":100,", "\"source\":\"read\",\"probes\":100,");
        // At 3,000 a second and with seconds of room nothing is lost on any machine.
        assertThat(text).doesNotContainPattern("\"dropped\":[1-9]");
    }

    private int run(String arguments) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(output, true));
        line.setErr(new PrintWriter(errors, true));
        return line.execute(("capture-bench " + arguments).split(" ", -1));
    }
}
