package dev.tunbridge.sim.e2e;

import static org.awaitility.Awaitility.await;

import dev.tunbridge.sim.scene.Family;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One TCP connection from the server's end to the device, for as long as the test wants: some bytes before a flap and some after it. */
final class WayTransfer implements AutoCloseable {
    private static final int PART_BYTES = 2_000;
    private static final int PARTS = 300;

    private final ServerSocket service;
    private final Socket client = new Socket();
    private final AtomicInteger sent = new AtomicInteger();
    private final CompletableFuture<Boolean> outcome = new CompletableFuture<>();

    private WayTransfer(WayLab lab) throws IOException {
        service = lab.device().call(() -> new ServerSocket(0, 1, Family.IPV4.device()));
        lab.device().newThread(this::read).start();
        lab.server().newThread(this::write).start();
    }

    static WayTransfer start(WayLab lab) throws IOException {
        return new WayTransfer(lab);
    }

    void awaitHalf() {
        await().atMost(WayLab.LIMIT).until(() -> sent.get() > PARTS / 4);
    }

    /** Waits for its end. */
    boolean isIntact() throws Exception {
        return outcome.get(WayLab.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private void write() {
        try {
            client.connect(new InetSocketAddress(Family.IPV4.device(), service.getLocalPort()));
            for (int i = 0; i < PARTS; i++) {
                client.getOutputStream().write(InnerFlow.content(i * PART_BYTES, PART_BYTES));
                sent.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(10);
            }
            client.shutdownOutput();
        } catch (IOException | InterruptedException e) {
            outcome.completeExceptionally(e);
        }
    }

    private void read() {
        try (Socket socket = service.accept()) {
            byte[] all = socket.getInputStream().readAllBytes();
            outcome.complete(Arrays.equals(all, InnerFlow.content(0, PARTS * PART_BYTES)));
        } catch (IOException e) {
            outcome.completeExceptionally(e);
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        service.close();
    }
}
