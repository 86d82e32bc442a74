package dev.tunbridge.sim.lab;

import dev.tunbridge.sim.link.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A program that runs in a namespace until it ends or is closed. Its last lines, of both outputs, are kept. */
public final class LabProcess implements AutoCloseable {

    /** The end of what a program says is what explains it. */
    private static final int MAX_LINES = 2_000;

    private static final int MAX_LINES_IN_ERROR = 20;
    private static final int MAX_WORD_IN_ERROR = 60;

    private static final Duration KILL_LIMIT = Duration.ofSeconds(5);

    private final Process process;
    private final String name;
    private final Deque<String> lines = new ArrayDeque<>();
    private boolean outputEnded;

    private LabProcess(Process process, String name) {
        this.process = process;
        this.name = name;
    }

    /** In the namespace of the calling thread. */
    static LabProcess start(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        LabProcess started = new LabProcess(process, abridged(command));
        Thread reader = new Thread(started::readOutput, "output-" + process.pid());
        reader.setDaemon(true);
        reader.start();
        return started;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The lines kept, oldest first. */
    public synchronized List<String> output() {
        return List.copyOf(lines);
    }

    /** Waits until a line contains the text, and returns it; the program's end or the limit is an error with its output. */
    public synchronized String awaitLine(String text, Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            for (String line : lines) {
                if (line.contains(text)) {
                    return line;
                }
            }
            long leftNanos = deadline - System.nanoTime();
            if (outputEnded || leftNanos <= 0) {
                throw new IOException(name + ": no line with '" + text + "' "
                        + (outputEnded ? "before its end" : "within " + limit) + "; it said: " + lastLines());
            }
            TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
        }
    }

    /** Waits for the end and returns the exit code; the limit is an error, and leaves the program running. */
    public int awaitExit(Duration limit) throws IOException, InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException(name + ": not finished within " + limit);
        }
        return process.exitValue();
    }

    /**
     * Sends it a signal.
     *
     * @param name as {@code kill} has it, such as HUP
     */
    public void signal(String name) throws IOException {
        Command.run("kill", "-s", name, String.valueOf(pid()));
    }

    /** Sends SIGTERM, as an operator would. */
    public void terminate() {
        // Process.destroy would close the output too, and with it the program's last words.
        process.toHandle().destroy();
    }

    /** Kills the program and its children. */
    @Override
    public void close() {
        Command.kill(process.toHandle());
        try {
            process.waitFor(KILL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> lastLines() {
        return lines.stream()
                .skip(Math.max(0, lines.size() - MAX_LINES_IN_ERROR))
                .toList();
    }

    /** For errors: a class path is not what tells one program from another. */
    private static String abridged(List<String> command) {
        return command.stream()
                .map(word -> word.length() > MAX_WORD_IN_ERROR ? word.substring(0, MAX_WORD_IN_ERROR) + "…" : word)
                .collect(Collectors.joining(" "));
    }

    private void readOutput() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                keep(line);
            }
        } catch (IOException e) {
            keep("(output unreadable: " + e.getMessage() + ")");
        } finally {
            endOutput();
        }
    }

    private synchronized void keep(String line) {
        if (lines.size() == MAX_LINES) {
            lines.removeFirst();
        }
        lines.addLast(line);
        notifyAll();
    }

    private synchronized void endOutput() {
        outputEnded = true;
        notifyAll();
    }
}
