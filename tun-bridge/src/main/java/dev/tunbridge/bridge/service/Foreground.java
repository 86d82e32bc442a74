package dev.tunbridge.bridge.service;

import java.io.PrintWriter;
import java.util.function.IntSupplier;
import picocli.CommandLine;

/**
 * A command in the foreground that ends by signal with exit code 0. A JVM that a signal ends exits with 128 and the
 * signal's number, after its shutdown hooks; to say 0, the hook halts when everything has been taken back.
 */
public final class Foreground {
    private static volatile boolean endedByItself;

    private Foreground() {}

    /**
     * From now on no line of output or log waits for its reader.
     *
     * @param line whose writers picocli has made before it called the command
     */
    public static void neverBlockOnOutput(CommandLine line) {
        StandardStreams.neverBlock();
        line.setOut(new PrintWriter(System.out, true, StandardStreams.charset()));
        line.setErr(new PrintWriter(System.err, true, StandardStreams.charset()));
    }

    /** On SIGTERM or SIGINT runs this, then exits with the code that it returns. */
    public static void endWith(IntSupplier close) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (!endedByItself) {
                                int code = ExitCode.FAILED;
                                try {
                                    code = close.getAsInt();
                                } finally {
                                    StandardStreams.finish();
                                    Runtime.getRuntime().halt(code);
                                }
                            }
                        },
                        "tunbridge-signal"));
    }

    /** The command has come to its end without a signal: its own exit code counts, once its last lines are told. */
    public static void endedByItself() {
        endedByItself = true;
        StandardStreams.finish();
    }
}
