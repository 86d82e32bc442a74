package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.config.TunnelConfig;
import dev.tunbridge.bridge.doctor.Doctor;
import dev.tunbridge.bridge.doctor.Finding;
import dev.tunbridge.bridge.doctor.Fix;
import dev.tunbridge.bridge.doctor.Host;
import dev.tunbridge.bridge.doctor.TunnelFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks at this host for what stands in the way of tunnels. */
@Command(
        name = "doctor",
        description =
                "Looks at this host, and at the way to the server, for what stands in a tunnel's way; names the command that"
                        + " mends it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Without a server or a configuration it looks at the host alone. It sends echo requests to the server and connects to",
            "its port without a byte. docs/doctor.md has all codes.",
            "Exit codes: 0 nothing is wrong; 1 there are warnings or errors, or a value could not be changed; 2 wrong option or",
            "configuration.",
            "Example: tunbridge doctor --config device.yaml --fix"
        })
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--json", description = "Prints one JSON object (docs/schema/doctor.json).")
    private boolean json;

    @ArgGroup
    private Change change = new Change();

    /** What is to be changed. */
    static final class Change {
        @Option(
                names = "--fix",
                description =
                        "Changes what is safe to change and can be put back (sysctls, queue lengths), tells what is left.")
        private boolean fix;

        @Option(
                names = "--undo",
                description = "Puts back what --fix has changed, unless somebody has changed it since.")
        private boolean undo;
    }

    @Option(
            names = "--undo-file",
            paramLabel = "FILE",
            defaultValue = "/var/lib/tunbridge/doctor-undo.json",
            description = "Where --fix writes down what it changes (default: ${DEFAULT-VALUE}).")
    private Path undoFile = Path.of("/var/lib/tunbridge/doctor-undo.json");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call()
    private CommandSpec spec;

    private final Host host = Host.ofThisMachine();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        // What was done is for people: in front of the object nobody could read it as JSON.
        PrintWriter told = json ? spec.commandLine().getErr() : out;
        DoctorUndo undo = new DoctorUndo(host, undoFile);
        if (change.undo) {
            DoctorUndo.Outcome outcome = undo.putBack();
            outcome.lines().forEach(told::println);
            return outcome.isWhole() ? ExitCode.OK : ExitCode.FAILED;
        }
        List<TunnelFacts> tunnels = options.service().tunnels().stream()
                .map(TunnelConfig::config)
                .map(TunnelFacts::of)
                .toList();
        boolean isOfHost = !options.isGiven();
        List<TunnelFacts> looked = isOfHost ? List.of() : tunnels;
        List<Finding> findings = Doctor.examine(host, looked);
        boolean isWhole = true;
        if (change.fix) {
            List<Fix> fixes = findings.stream()
                    .flatMap(finding -> finding.fixes().stream())
                    .distinct()
                    .toList();
            if (!fixes.isEmpty()) {
                DoctorUndo.Outcome outcome = undo.change(fixes);
                outcome.lines().forEach(told::println);
                isWhole = outcome.isWhole();
                findings = Doctor.examine(host, looked);
            }
        }
        out.println(json ? DoctorReport.json(findings) : DoctorReport.words(findings));
        out.flush();
        boolean isWell =
                findings.stream().noneMatch(finding -> finding.severity().isWrong());
        return isWell && isWhole ? ExitCode.OK : ExitCode.FAILED;
    }
}
