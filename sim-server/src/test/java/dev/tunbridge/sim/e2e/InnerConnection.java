package dev.tunbridge.sim.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.sim.scene.Scene;
import dev.tunbridge.sim.traffic.SeededContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One TCP connection between a service on the device and a client behind the server, with small kernel buffers, so that a reader that
 * stops is felt soon. Each direction carries seeded content from a thread of its own; who reads, and how fast, is the test's.
 */
final class InnerConnection implements AutoCloseable {
    /** The kernel doubles both. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private static final int CHUNK_BYTES = 16 * 1024;
    private static final int LIMIT_MILLIS = 30_000;

    private final Socket service;
    private final Socket client;

    private InnerConnection(Socket service, Socket client) {
        this.service = service;
        this.client = client;
    }

    static InnerConnection open(Scene scene) throws IOException {
        InetAddress device = scene.plan().inner().device();
        try (ServerSocket listening = scene.deviceSide().call(() -> {
            ServerSocket socket = new ServerSocket();
            socket.setReceiveBufferSize(BUFFER_BYTES);
            socket.bind(new InetSocketAddress(device, 0), 1);
            return socket;
        })) {
            listening.setSoTimeout(LIMIT_MILLIS);
            Socket client = scene.serverSide().call(() -> connect(listening.getLocalSocketAddress()));
            try {
                Socket service = listening.accept();
                service.setSendBufferSize(BUFFER_BYTES);
                service.setSoTimeout(LIMIT_MILLIS);
                return new InnerConnection(service, client);
            } catch (IOException e) {
                client.close();
                throw e;
            }
        }
    }

    private static Socket connect(SocketAddress address) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setReceiveBufferSize(BUFFER_BYTES);
            socket.setSendBufferSize(BUFFER_BYTES);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.connect(address, LIMIT_MILLIS);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The client sends to the service. */
    Sending down(long seed, long bytes) throws IOException {
        return new Sending(client.getOutputStream(), seed, bytes);
    }

    /** The service sends to the client. */
    Sending up(long seed, long bytes) throws IOException {
        return new Sending(service.getOutputStream(), seed, bytes);
    }

    InputStream atService() throws IOException {
        return service.getInputStream();
    }

    InputStream atClient() throws IOException {
        return client.getInputStream();
    }

    /** The client asks, the service answers the same, so many times; each waits for the one before. */
    void echo(int rounds, int bytes) throws IOException {
        byte[] question = new byte[bytes];
        for (int round = 0; round < rounds; round++) {
            Arrays.fill(question, (byte) round);
            client.getOutputStream().write(question);
            byte[] asked = service.getInputStream().readNBytes(bytes);
            service.getOutputStream().write(asked);
            assertThat(client.getInputStream().readNBytes(bytes))
                    .as("round %d", round)
                    .isEqualTo(question);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            client.close();
        } finally {
            service.close();
        }
    }

    /** Content on its way into a connection; ends with the connection at the latest. */
    static final class Sending {
        private final long total;
        private final AtomicLong sent = new AtomicLong();

        Sending(OutputStream out, long seed, long bytes) {
            total = bytes;
            Thread thread = new Thread(() -> send(out, seed), "sending-" + seed);
            thread.setDaemon(true);
            thread.start();
        }

        private void send(OutputStream out, long seed) {
            byte[] chunk = new byte[CHUNK_BYTES];
            try (InputStream content = new SeededContent(seed, total)) {
                for (int count = content.read(chunk); count > 0; count = content.read(chunk)) {
                    out.write(chunk, 0, count);
                    sent.addAndGet(count);
                }
            } catch (IOException e) {
                // Whoever reads misses what has not been sent.
            }
        }

        /** Bytes that the sender's kernel has taken. */
        long bytes() {
            return sent.get();
        }

        boolean isDone() {
            return sent.get() == total;
        }
    }

    /** A reader in a thread of its own that takes a few bytes now and then, until it is told to hurry. */
    static final class Crawling implements AutoCloseable {
        private static final int PIECE_BYTES = 4 * 1024;
        private static final long PAUSE_MILLIS = 100;

        private final CountDownLatch hurried = new CountDownLatch(1);
        private final AtomicLong pauses = new AtomicLong();
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        Crawling(InputStream in, long seed, long bytes) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            SeededContent expected = new SeededContent(seed, bytes);
                            for (long left = bytes; left > 0; left -= PIECE_BYTES) {
                                int piece = (int) Math.min(PIECE_BYTES, left);
                                takeExactly(in, expected, piece);
                                pause();
                            }
                            done.complete(null);
                        } catch (Exception | AssertionError e) {
                            done.completeExceptionally(e);
                        }
                    },
                    "crawling-" + seed);
            thread.setDaemon(true);
            thread.start();
        }

        private void pause() throws InterruptedException {
            if (!hurried.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                pauses.incrementAndGet();
            }
        }

        void hurry() {
            hurried.countDown();
        }

        /** How often it has let its sender wait. */
        long pauses() {
            return pauses.get();
        }

        boolean isDone() {
            return done.isDone();
        }

        /** Everything came, and intact. */
        void awaitIntact() throws Exception {
            done.get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public void close() {
            hurry();
        }
    }

    /** Reads so many bytes as fast as they come, and says at which offset they are not what was sent. */
    static void takeIntact(InputStream in, long seed, long bytes) throws IOException {
        takeExactly(in, new SeededContent(seed, bytes), bytes);
    }

    private static void takeExactly(InputStream in, InputStream expected, long bytes) throws IOException {
        for (long at = 0; at < bytes; at += CHUNK_BYTES) {
            int length = (int) Math.min(CHUNK_BYTES, bytes - at);
            byte[] chunk = in.readNBytes(length);
            assertThat(chunk).as("bytes from %d on", at).isEqualTo(expected.readNBytes(length));
        }
    }
}
