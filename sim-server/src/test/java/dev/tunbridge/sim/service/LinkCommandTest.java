package dev.tunbridge.sim.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.service.ExitCode;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import dev.tunbridge.sim.lab.LabProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class LinkCommandTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private record Run(int exitCode, String out, String err) {

        static Run of(String... args) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            CommandLine commandLine =
                    Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
            return new Run(commandLine.execute(args), out.toString(), err.toString());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            link --a left:x0                                   | Missing required option: '--b=NS:DEV'
            link --a left --b right:x0                         | --a: 'left' cannot be; allowed: NAMESPACE:DEVICE
            link --a left:x0 --b right:a_name_far_too_long     | --b: 'right:a_name_far_too_long' cannot be
            link --a left:x0 --b right:x0 --profile wan2       | profile: 'wan2' cannot be; allowed: veth, clear
            link --a left:x0 --b right:x0 --set loss=101       | loss: '101' cannot be; allowed: 0 to 100 (percent)
            link --a left:x0 --b right:x0 --shaper tbf         | --shaper: 'tbf' cannot be; allowed: tap, netem
            link --a left:x0 --b right:x0 --seed many          | Invalid value for option '--seed'
            link --a left:x0 --b right:x0 --no-such-option     | Unknown option
            nonsense                                           | Unmatched argument
            """)
    void refusesWrongInputWithOneLine(String arguments, String message) {
        Run run = Run.of(arguments.split(" +", -1));
        assertThat(run.exitCode).isEqualTo(2);
        assertThat(run.err).startsWith("simserver").contains(message).hasLineCount(1);
        assertThat(run.out).isEmpty();
    }

    @Test
    void namesTheNamespaceThatIsMissing() {
        Run run = Run.of("link", "--a", "no_such_namespace:x0", "--b", "nor_this:x0");
        assertThat(run.exitCode).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run.err)
                .startsWith("simserver link: ")
                .contains("no_such_namespace")
                .hasLineCount(1);
    }

    @Test
    void knowsItsVersionItsHelpAndItsSettings() {
        assertThat(Run.of("--version")).matches(run -> run.exitCode == 0 && run.out.startsWith("Tunbridge "));
        assertThat(Run.of("--help")).matches(run -> run.exitCode == 0 && run.out.contains("link"));
        assertThat(Run.of("link", "--help")).matches(run -> run.exitCode == 0 && run.out.contains("sea120"));
        assertThat(Run.of("link", "--settings")).matches(run -> run.exitCode == 0 && run.out.contains("drop.bytes"));
        assertThat(Run.of()).matches(run -> run.exitCode == 2 && run.err.contains("Missing required subcommand"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wan1", "veth"})
    void runsUntilSigtermAndRemovesBothDevices(String profile) throws Exception {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            LabProcess process = startLink(left, right, profile);
            assertThat(hasDevice(left)).isTrue();
            assertThat(hasDevice(right)).isTrue();
            process.terminate();
            assertThat(process.awaitExit(Duration.ofSeconds(2))).isZero();
            if (!profile.equals("veth")) {
                process.awaitLine("a to b: received ", LIMIT);
                process.awaitLine("b to a: received ", LIMIT);
            }
            assertThat(hasDevice(left)).isFalse();
            assertThat(hasDevice(right)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wan1", "veth"})
    void startsAgainWhereAKilledOneRan(String profile) throws Exception {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        try (Lab lab = Lab.open()) {
            LabNamespace left = lab.namespace("left");
            LabNamespace right = lab.namespace("right");
            LabProcess killed = startLink(left, right, profile);
            killed.close();
            startLink(left, right, profile).terminate();
        }
    }

    private static LabProcess startLink(LabNamespace left, LabNamespace right, String profile) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "link",
                "--profile",
                profile));
        command.addAll(List.of("--a", left.fullName() + ":x0", "--b", right.fullName() + ":x0"));
        LabProcess process = left.start(command.toArray(String[]::new));
        process.awaitLine("link up: " + left.fullName() + ":x0 <-> ", LIMIT);
        return process;
    }

    private static boolean hasDevice(LabNamespace namespace) throws IOException {
        return namespace.run(LIMIT, "ip", "link", "show", "dev", "x0").isSuccess();
    }
}
