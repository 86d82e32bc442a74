package dev.tunbridge.bridge.answers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A program of the host, run at set-up in the calling thread's network namespace, for a bounded time. */
enum HostProgram {
    NFT("nft", "nftables");

    private static final Logger LOG = LoggerFactory.getLogger(HostProgram.class);
    private static final long LIMIT_SECONDS = 5;

    private final String command;
    private final String packageName;

    HostProgram(String command, String packageName) {
        this.command = command;
        this.packageName = packageName;
    }

    /** How it ended, and what it said. */
    record Outcome(int exitCode, String output, String errors) {}

    static List<String> words(List<String> first, List<String> then) {
        List<String> words = new ArrayList<>(first);
        words.addAll(then);
        return words;
    }

    /** Anything but success is an exception with the program's words. */
    void run(String input, List<String> arguments) throws IOException {
        Outcome outcome = outcome(input, arguments);
        if (outcome.exitCode != 0) {
            throw new IOException(command + ": " + outcome.errors.strip().replaceAll("\\s*\\n\\s*", "; ") + " (in '"
                    + command + " " + String.join(" ", arguments) + "')");
        }
    }

    Outcome outcome(String input, List<String> arguments) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(words(List.of(command), arguments)).start();
        } catch (IOException e) {
            throw new IOException(
                    "the program '" + command + "' (package " + packageName + ") cannot be run: " + e.getMessage(), e);
        }
        // A child that hangs keeps its output open, and reading that would hang too.
        CompletableFuture<Void> ended = new CompletableFuture<>();
        ended.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return null;
        });
        // What goes in and comes out is far smaller than a pipe, so one comes after the other.
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("{} ended before it had read everything; its own words say why: {}", command, e.getMessage());
        }
        try (InputStream out = process.getInputStream();
                InputStream err = process.getErrorStream()) {
            String output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            String errors = new String(err.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(command + ": no end after " + LIMIT_SECONDS + " s");
            }
            return new Outcome(process.exitValue(), output, errors);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + command, e);
        } finally {
            ended.complete(null); // and nothing holds the process until its time is over
            process.destroyForcibly();
        }
    }
}
