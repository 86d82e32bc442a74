package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a program that has ended left.
 *
 * @param text of its standard output
 * @param error of its standard error
 */
record Output(int exitCode, String text, String error) {
    private static final int MOST_ERROR_BYTES = 4096;

    private static final Path NULL = Path.of("/dev/null");

    /** Runs it in the calling thread's namespaces, and kills it when its time is up. */
    static Output of(Path program, List<String> command, Duration limit) throws IOException {
        List<String> line = new ArrayList<>(command);
        line.set(0, program.toString());
        ProcessBuilder builder = new ProcessBuilder(line).redirectInput(ProcessBuilder.Redirect.from(NULL.toFile()));
        builder.environment().put("LC_ALL", "C");
        String words = String.join(" ", command);
        Process process = builder.start();
        try {
            AtomicBoolean isLate = new AtomicBoolean();
            Thread watch = new Thread(() -> killAfter(process, limit, isLate), "tunbridge-doctor-watch");
            watch.setDaemon(true);
            watch.start();
            String text = bounded(process.getInputStream(), Host.MOST_BYTES, words);
            String error = bounded(process.getErrorStream(), MOST_ERROR_BYTES, words);
            int exitCode = process.waitFor();
            if (isLate.get()) { // whatever it ended with: a script may have gone on behind what was killed
                throw new IOException("'" + words + "' did not end within " + limit.toSeconds() + " s");
            }
            return new Output(exitCode, text, error);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("'" + words + "' was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void killAfter(Process process, Duration limit, AtomicBoolean isLate) {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                isLate.set(true);
                kill(process);
            }
        } catch (InterruptedException e) {
            kill(process);
        }
    }

    /** By its handle, which leaves the streams to their reader; those that it started hold them open too. */
    private static void kill(Process process) {
        List<ProcessHandle> started = process.descendants().toList();
        process.toHandle().destroyForcibly();
        started.forEach(ProcessHandle::destroyForcibly);
    }

    private static String bounded(InputStream in, int most, String words) throws IOException {
        byte[] bytes = in.readNBytes(most + 1);
        if (bytes.length > most) {
            throw new IOException("'" + words + "' printed more than " + most / 1024 + " KiB");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The first line of what it said of its fault. */
    String reason() {
        return (error + text)
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("code " + exitCode);
    }
}
