package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks for a name, and waits no longer than somebody would who looks on. */
final class Names {
    private static final int SECONDS = 10;

    /** As many as the bridge tries. */
    private static final int MOST = 8;

    private Names() {}

    static List<InetAddress> resolve(Host host, String name) throws IOException {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        Thread asks = new Thread(
                () -> {
                    try {
                        answer.complete(host.resolver().resolve(name));
                    } catch (UnknownHostException | RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                },
                "tunbridge-doctor-name");
        asks.setDaemon(true);
        asks.start();
        try {
            return answer.get(SECONDS, TimeUnit.SECONDS).stream().limit(MOST).toList();
        } catch (TimeoutException e) {
            throw new IOException("the name '" + name + "' had no answer within " + SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new IOException("the name '" + name + "' has no address", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
