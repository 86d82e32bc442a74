package dev.tunbridge.sim.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/** Tells a person what is going on: a line a step on a terminal or in a log, and a running count on a terminal. */
final class Progress {
    private static final long REFRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final PrintStream out;
    private final boolean isTerminal;
    private final long startNanos = System.nanoTime();
    private long shownNanos = startNanos;

    private Progress(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /** Refreshes its line where standard error is a terminal, which Java's own console does not tell. */
    static Progress onStandardError() {
        boolean isTerminal;
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            isTerminal = target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            isTerminal = false;
        }
        return new Progress(System.err, isTerminal);
    }

    void step(String text) {
        clear();
        out.printf("[%4.1f s] %s%n", (System.nanoTime() - startNanos) / 1e9, text);
    }

    void done(Measure measure) {
        clear();
        out.printf("         %s: %s%s%n", measure.name(), measure.amount(), measure.isIntact() ? "" : "  NOT INTACT");
    }

    LongConsumer bytes(String verb) {
        return bytes -> show(String.format("%,d bytes %s", bytes, verb));
    }

    IntConsumer count(String noun) {
        return count -> show(count + " " + noun);
    }

    private synchronized void show(String text) {
        long now = System.nanoTime();
        if (isTerminal && now - shownNanos > REFRESH_NANOS) {
            shownNanos = now;
            out.print("\r         " + text + "\033[K");
            out.flush();
        }
    }

    private void clear() {
        if (isTerminal) {
            out.print("\r\033[K");
        }
    }
}
