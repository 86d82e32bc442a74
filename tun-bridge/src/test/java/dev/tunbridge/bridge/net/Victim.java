package dev.tunbridge.bridge.net;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process that sets something up, says so, and then waits for its end, which its test brings. */
public final class Victim {
    private Victim() {}

    /** Starts it in the calling thread's network namespace; it is ready when it has printed a line. */
    public static Process start(Class<?> program, String... arguments) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(
                List.of(java, "-Xmx64m", "-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** In the process: says that it is ready, and waits. */
    public static void awaitEnd() throws InterruptedException {
        System.out.println("ready");
        new CountDownLatch(1).await();
    }
}
