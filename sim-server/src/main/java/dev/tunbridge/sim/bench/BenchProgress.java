package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.bench.plan.TimeLeft;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Tells a person how far the benchmark is: one line that changes on a terminal, a line a cell elsewhere. */
public final class BenchProgress {
    private final PrintStream out;
    private final boolean isTerminal;
    private TimeLeft left = new TimeLeft();
    private TimeLeft later = new TimeLeft();
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

    /** What is planned behind the bench that starts next. */
    public void expectAfterwards(TimeLeft planned) {
        later = planned;
    }

    /** What a bench has ahead as it starts. */
    public void start(TimeLeft planned) {
        left = planned.learning(left);
    }

    public void begin(String title, int done, int all) {
        begunNanos = System.nanoTime();
        current = "[" + (done + 1) + "/" + all + "] " + title;
        if (isTerminal) {
            out.print("\r" + current + timeLeft() + " \033[K");
            out.flush();
        }
    }

    /**
     * A cell has ended.
     *
     * @param kind such as its workload: those of one kind take alike
     * @param length that it was planned to take
     */
    public void end(Object kind, Duration length, String summary) {
        left.took(kind, length, Duration.ofNanos(System.nanoTime() - begunNanos));
        note(current + ": " + summary + (isTerminal ? "" : timeLeft()));
    }

    public void note(String line) {
        out.println((isTerminal ? "\r\033[K" : "") + line);
        out.flush();
    }

    public void finish() {
        if (isTerminal) {
            out.print("\r\033[K");
            out.flush();
        }
    }

    private String timeLeft() {
        Duration time = left.estimate().plus(later.learning(left).estimate());
        return time.isZero() ? "" : " - " + TimeLeft.words(time) + " left";
    }
}
