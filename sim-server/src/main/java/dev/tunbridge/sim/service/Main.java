package dev.tunbridge.sim.service;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simserver}. Exit codes: 0 done or stopped by a signal, 1 failed, 2 wrong input. */
@Command(
        name = "simserver",
        description = "The simulated third-party server, and the impaired link to it.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = LinkCommand.class)
public final class Main implements Callable<Integer> {

    @SuppressWarnings("NullAway.Init") // picocli sets it before call().
    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    commandLine.getErr().println("simserver: " + failure.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .setParameterExceptionHandler((failure, args) -> {
                    CommandLine commandLine = failure.getCommandLine();
                    commandLine.getErr().println("simserver: " + failure.getMessage());
                    commandLine
                            .getErr()
                            .println("Try '" + commandLine.getCommandSpec().qualifiedName() + " --help'.");
                    return CommandLine.ExitCode.USAGE;
                });
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** From the jar's manifest; classes that run outside a jar have none. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"simserver " + (version == null ? "development" : version)};
        }
    }
}
