package dev.tunbridge.sim.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tells a person how far the benchmark is: one line that changes on a terminal, a line a cell elsewhere. */
public final class BenchProgress {
    private final PrintStream out;
    private final boolean isTerminal;
    private final List<Long> cellNanos = new ArrayList<>();
    private String current = "";
    private long begunNanos;

    private BenchProgress(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    /** On stderr. {@code System.console()} would ask for stdin and stdout too, and a table is often redirected. */
    public static BenchProgress onStandardError() {
        boolean isTerminal;
        try {
            isTerminal = Files.readSymbolicLink(Path.of("/proc/self/fd/2"))
                    .toString()
                    .matches("/dev/(pts/|tty|console).*");
        } catch (IOException e) {
            isTerminal = false;
        }
        return new BenchProgress(System.err, isTerminal);
    }

    void begin(String title, int done, int all) {
        begunNanos = System.nanoTime();
        current = "[" + (done + 1) + "/" + all + "] " + title;
        if (isTerminal) {
            out.print("\r" + current + timeLeft(all - done) + " \033[K");
            out.flush();
        }
    }

    void end(String summary) {
        cellNanos.add(System.nanoTime() - begunNanos);
        note(current + ": " + summary);
    }

    void note(String line) {
        out.println((isTerminal ? "\r\033[K" : "") + line);
        out.flush();
    }

    void finish() {
        if (isTerminal) {
            out.print("\r\033[K");
            out.flush();
        }
    }

    /** From the mean of the cells so far. */
    private String timeLeft(int cells) {
        if (cellNanos.isEmpty()) {
            return "";
        }
        double mean = cellNanos.stream().mapToLong(Long::longValue).average().orElse(0);
        Duration left = Duration.ofNanos((long) (mean * cells));
        return left.toMinutes() > 0
                ? String.format(" - %d:%02d min left", left.toMinutes(), left.toSecondsPart())
                : String.format(" - %d s left", left.toSeconds());
    }
}
