package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.FaultReason;
import java.io.IOException;
import java.security.Security;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.TypeConversionException;

/** The {@code tunbridge} command. */
@Command(
        name = "tunbridge",
        description = "Puts the traffic of a legacy framed TCP protocol on a TUN interface.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            RunCommand.class,
            StatusCommand.class,
            WaitCommand.class,
            ReloadCommand.class,
            ReconnectCommand.class,
            LogLevelCommand.class,
            CheckCommand.class,
            CaptureCommand.class,
            ReplayCommand.class,
            DissectorCommand.class,
            InferCommand.class,
            DoctorCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "'tunbridge demo' shows everything at work in two network namespaces ('tunbridge demo --help').",
            "Exit codes: 0 ok, 1 failed, 2 wrong option or configuration, 69 something is",
            "missing here, 76 refused by the server, 77 not permitted."
        })
public final class Main {
    /** A line of a description with its number in front, or the caret below it. */
    private static final Pattern EXCERPT = Pattern.compile(" +(\\d+ )?\\| ");

    /** The system property that says from which level on the programs log. */
    static final String LOG_LEVEL = "tunbridge.log.level";

    private static volatile boolean isProgram;

    private Main() {}

    public static void main(String[] arguments) {
        int code = execute(new Main(), arguments);
        Foreground.endedByItself();
        System.exit(code);
    }

    /** Runs a command line with this project's way of telling faults: one line on stderr, never a stack trace. */
    public static int execute(Object command, String... arguments) {
        // A name that could not be looked up a moment ago, while there was no way, can be now that there is one; Java
        // would say no for 10 s.
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        isProgram = true;
        CommandLine line = commandLine(command);
        try {
            return line.execute(arguments);
        } catch (Error e) { // picocli tells exceptions only
            System.err.println(name(line) + ": " + FaultReason.of(e));
            return e instanceof LinkageError ? ExitCode.UNAVAILABLE : ExitCode.FAILED;
        }
    }

    /** Whether this process runs a command line of this project, and is no application that links it. */
    static boolean isProgram() {
        return isProgram;
    }

    /** A command line that is not run yet. */
    public static CommandLine commandLine(Object command) {
        CommandLine line = new CommandLine(command);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.registerConverter(Integer.class, text -> whole(text, Integer::valueOf));
        line.registerConverter(int.class, text -> whole(text, Integer::valueOf));
        line.registerConverter(Long.class, text -> whole(text, Long::valueOf));
        line.registerConverter(long.class, text -> whole(text, Long::valueOf));
        line.setParameterExceptionHandler((fault, given) -> {
            CommandLine at = fault.getCommandLine();
            boolean isOfAFile = fault.getCause() instanceof IOException; // and no help text says what is wrong with it
            at.getErr().println(name(at) + ": " + words(fault, isOfAFile ? "" : " (try --help)"));
            return Faults.exitCode(fault);
        });
        line.setExecutionExceptionHandler((fault, at, parsed) -> {
            at.getErr().println(name(at) + ": " + words(fault, ""));
            return Faults.exitCode(fault);
        });
        return line;
    }

    /** Picocli's own words are those of Java. */
    private static <T> T whole(String text, Function<String, T> conversion) {
        try {
            return conversion.apply(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not valid; allowed: a whole number");
        }
    }

    private static String name(CommandLine at) {
        return at.getCommandSpec().qualifiedName();
    }

    /** One line, and below it what an excerpt of a file shows. */
    private static String words(Exception fault, String hint) {
        String message = fault.getMessage();
        StringBuilder words = new StringBuilder();
        StringBuilder excerpt = new StringBuilder();
        for (String line :
                (message == null ? fault.toString() : message).strip().split("\\R", -1)) {
            if (EXCERPT.matcher(line).lookingAt()) {
                excerpt.append(System.lineSeparator()).append(line);
            } else if (!line.isBlank()) {
                words.append(words.isEmpty() ? "" : " ").append(line.strip());
            }
        }
        return words.append(hint).append(excerpt).toString();
    }
}
