package dev.tunbridge.bridge.service;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Standard output and error of a service. A supervisor that is stuck, a terminal that was stopped or a full disk behind a pipe
 * must stop no event loop, so from {@link #neverBlock} on whatever is printed or logged goes through an {@link UnblockingOutput}.
 */
final class StandardStreams {
    /** What is not taken within this is not waited for: the end of a service is worth more than its last line. */
    private static final long FINISH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static @Nullable UnblockingOutput out;
    private static @Nullable UnblockingOutput err;

    private StandardStreams() {}

    /** For {@link System#out}, {@link System#err} and whoever asks for them from now on, as Logback does for each line. */
    static synchronized void neverBlock() {
        if (out != null) {
            return;
        }
        Charset charset = charset();
        UnblockingOutput newOut = new UnblockingOutput(new FileOutputStream(FileDescriptor.out), "tunbridge-stdout");
        UnblockingOutput newErr = isOneFile()
                ? newOut // so that lines keep their order
                : new UnblockingOutput(new FileOutputStream(FileDescriptor.err), "tunbridge-stderr");
        out = newOut;
        err = newErr;
        System.setOut(new PrintStream(newOut, true, charset));
        System.setErr(new PrintStream(newErr, true, charset));
    }

    /** Of what reads the output: the host's. */
    static Charset charset() {
        return Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    }

    private static boolean isOneFile() {
        try {
            return Files.isSameFile(Path.of("/proc/self/fd/1"), Path.of("/proc/self/fd/2"));
        } catch (IOException e) {
            return false; // one of them is closed, or there is no /proc
        }
    }

    /** Before the process ends: lets what was printed reach whoever still reads, for a second at most. */
    static synchronized void finish() {
        long end = System.nanoTime() + FINISH_NANOS;
        UnblockingOutput lastOut = out;
        UnblockingOutput lastErr = err;
        if (lastOut == null || lastErr == null) {
            System.out.flush();
            System.err.flush();
            return;
        }
        lastOut.finish(end - System.nanoTime());
        lastErr.finish(end - System.nanoTime());
    }
}
