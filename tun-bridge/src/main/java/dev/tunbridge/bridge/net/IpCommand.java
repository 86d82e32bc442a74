package dev.tunbridge.bridge.net;

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

/**
 * Runs iproute2's {@code ip} in the calling thread's network namespace, which a child process inherits from the thread
 * that starts it.
 */
final class IpCommand {
    private static final Logger LOG = LoggerFactory.getLogger(IpCommand.class);

    private static final long LIMIT_SECONDS = 5;

    /** What ip and the kernel say of a rule, a route, an address, a table or a device that is not there. */
    private static final List<String> GONE = List.of(
            "No such file or directory",
            "No such process",
            "ddress not found",
            "FIB table does not exist",
            "Cannot assign requested address",
            "Cannot find device");

    private IpCommand() {}

    /** Runs all lines in one process; the first that fails ends it, and is named with what {@code ip} said. */
    static void batch(String family, List<String> lines) throws IOException {
        Outcome outcome = run(String.join("\n", lines) + "\n", family, "-batch", "-");
        if (outcome.exitCode != 0) {
            throw new IOException("ip: " + outcome.fault(lines));
        }
    }

    /** Removes what may be gone already; any other fault is one. */
    static void remove(String... arguments) throws IOException {
        Outcome outcome = run("", arguments);
        if (outcome.exitCode != 0 && GONE.stream().noneMatch(outcome.errors::contains)) {
            throw new IOException("ip: " + outcome.fault(List.of()) + " (in 'ip " + String.join(" ", arguments) + "')");
        }
    }

    /** What one command prints; nothing where what it asks for does not exist. */
    static String output(String... arguments) throws IOException {
        Outcome outcome = run("", arguments);
        return outcome.exitCode == 0 ? outcome.output : "";
    }

    private record Outcome(int exitCode, String output, String errors) {

        /** {@code ip} ends a batch with "Command failed -:3": the number of the line. */
        String fault(List<String> lines) {
            int at = errors.lastIndexOf("Command failed -:");
            String said = (at < 0 ? errors : errors.substring(0, at)).strip().replaceAll("\\s*\\n\\s*", "; ");
            if (at >= 0) {
                String number =
                        errors.substring(at + "Command failed -:".length()).strip();
                int line = number.matches("\\d+") ? Integer.parseInt(number) : 0;
                if (line >= 1 && line <= lines.size()) {
                    return said + " (in 'ip " + lines.get(line - 1) + "')";
                }
            }
            return said;
        }
    }

    private static Outcome run(String input, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new IOException("the command 'ip' (package iproute2) cannot be run: " + e.getMessage(), e);
        }
        // A child that hangs keeps its output open, and reading that would hang too.
        CompletableFuture<Void> ended = new CompletableFuture<>();
        ended.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return null;
        });
        try (OutputStream out = process.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("ip ended before it had read everything; its own words say why: {}", e.getMessage());
        }
        // The answers are far smaller than a pipe, so they can be read one after the other.
        try (InputStream out = process.getInputStream();
                InputStream err = process.getErrorStream()) {
            String output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            String errors = new String(err.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("ip " + String.join(" ", arguments) + ": no end after " + LIMIT_SECONDS + " s");
            }
            return new Outcome(process.exitValue(), output, errors);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running ip", e);
        } finally {
            ended.complete(null); // and nothing holds the process until its time is over
            process.destroyForcibly();
        }
    }
}
