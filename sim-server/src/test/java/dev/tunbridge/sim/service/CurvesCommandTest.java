package dev.tunbridge.sim.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Wrong curves are refused in one line, before anything is started. */
class CurvesCommandTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--peer ours|--out",
                "--out /no/such --curve circle|queue, round-trip, time, pipeline",
                "--out /no/such --peer ipsec|sshuttle, socat, haproxy or ours",
                "--out /no/such --peer ours --queue-length 0|1 to 100000",
                "--out /no/such --peer ours --queue-length 1,many|many",
                "--out /no/such --peer ours --round-trip 20000|0 to 10000",
                "--out /no/such --peer ours --runs 0|--runs: '0'",
                "--out /no/such --peer ours --seconds 0|--seconds: '0'",
                "--out /no/such --peer ours --set nothing|KEY=VALUE",
                "--out /proc/no/such --peer ours|cannot write into /proc/no/such"
            })
    void aWrongCommandLineGetsOneLineAndExitCodeTwo(String arguments, String said) {
        StringWriter errors = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setErr(new PrintWriter(errors, true));
        int code = line.execute(("curves " + arguments).split(" ", -1));
        assertThat(errors.toString()).contains(said);
        assertThat(errors.toString().strip().lines()).as("one line").hasSize(1);
        assertThat(code).isEqualTo(ExitCode.USAGE);
    }
}
