package dev.tunbridge.bridge.service;

import java.util.function.IntSupplier;

/**
 * A command in the foreground that ends by signal with exit code 0. A JVM that a signal ends exits with 128 and the
 * signal's number, after its shutdown hooks; to say 0, the hook halts when everything has been taken back.
 */
public final class Foreground {
    private static volatile boolean endedByItself;

    private Foreground() {}

    /** On SIGTERM or SIGINT runs this, then exits with the code that it returns. */
    public static void endWith(IntSupplier close) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (!endedByItself) {
                                int code = close.getAsInt();
                                System.out.flush();
                                System.err.flush();
                                Runtime.getRuntime().halt(code);
                            }
                        },
                        "tunbridge-signal"));
    }

    /** The command has come to its end without a signal: its own exit code counts. */
    public static void endedByItself() {
        endedByItself = true;
    }
}
