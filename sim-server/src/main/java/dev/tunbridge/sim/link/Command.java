package dev.tunbridge.sim.link;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program to its end, for a bounded time and with bounded output. A child lives in the network namespace of the
 * thread that starts it, so {@code namespace.call(() -> Command.run(...))} is all it takes to run one elsewhere.
 */
public final class Command {

    /** What a program may print before the rest is thrown away. */
    private static final int MAX_OUTPUT_BYTES = 4 << 20;

    private static final Duration SETUP_LIMIT = Duration.ofSeconds(20);

    /** How a program ended. */
    public record Result(int exitCode, String output, String errors) {
        public boolean isSuccess() {
            return exitCode == 0;
        }
    }

    private Command() {}

    /** Runs a program of system set-up, such as {@code ip}; anything but success is an exception with its words. */
    public static String run(String... command) throws IOException {
        return requireSuccess(List.of(command), run(SETUP_LIMIT, "", List.of(command)));
    }

    /** Runs many {@code ip} commands, one a line, in one process; the first that fails ends it. */
    public static void runIpBatch(List<String> lines) throws IOException {
        List<String> command = List.of("ip", "-batch", "-");
        requireSuccess(lines, run(SETUP_LIMIT, String.join("\n", lines) + "\n", command));
    }

    /** Runs any program; one that takes longer than the limit is killed, with its children. */
    public static Result run(Duration limit, String input, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).start();
        try {
            CompletableFuture<String> output =
                    CompletableFuture.supplyAsync(() -> read(process.getInputStream()), run -> start(run));
            CompletableFuture<String> errors =
                    CompletableFuture.supplyAsync(() -> read(process.getErrorStream()), run -> start(run));
            writeInput(process, input);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(String.join(" ", command) + ": not finished within " + limit.toMillis() + " ms");
            }
            return new Result(process.exitValue(), output.join(), errors.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(String.join(" ", command) + ": interrupted");
        } finally {
            kill(process.toHandle());
        }
    }

    /** Kills a process and all that descend from it, youngest last: a parent must not start what is killed anew. */
    public static void kill(ProcessHandle process) {
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
    }

    private static void writeInput(Process process, String input) throws IOException {
        try (var stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // A program that ends without reading its input says why by its exit code.
            if (input.isEmpty() || process.isAlive()) {
                throw e;
            }
        }
    }

    private static String requireSuccess(List<String> command, Result result) throws IOException {
        if (result.isSuccess()) {
            return result.output;
        }
        String said = result.errors.isBlank() ? "exit code " + result.exitCode : result.errors.strip();
        throw new IOException(String.join(" ", command) + ": " + said.replace("\n", "; "));
    }

    private static String read(InputStream stream) {
        try (stream) {
            byte[] kept = stream.readNBytes(MAX_OUTPUT_BYTES);
            stream.skip(Long.MAX_VALUE);
            return new String(kept, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "command-output");
        thread.setDaemon(true);
        thread.start();
    }
}
