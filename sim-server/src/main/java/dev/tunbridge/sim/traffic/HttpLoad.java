package dev.tunbridge.sim.traffic;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * A client of {@link HttpService}, in the calling thread's network namespace. Each request has a connection of its own, because
 * the service says so.
 */
public final class HttpLoad {
    private static final int CHUNK_BYTES = 64 * 1024;

    /** Nothing here is silent for this long unless it is broken. */
    private static final int TIMEOUT_MILLIS = 30_000;

    private static final AtomicLong NEXT_ID = new AtomicLong();

    private final String base;

    public HttpLoad(InetSocketAddress service) {
        String host = service.getAddress().getHostAddress();
        base = "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + service.getPort();
    }

    /** Fetches the page; intact means that it is the right one. */
    public Transfer page() throws IOException {
        long start = System.nanoTime();
        HttpURLConnection connection = open("/");
        try (InputStream in = connection.getInputStream()) {
            long firstByte = System.nanoTime();
            byte[] body = in.readAllBytes();
            boolean isIntact = new String(body, StandardCharsets.UTF_8).equals(HttpService.PAGE);
            return new Transfer(body.length, System.nanoTime() - start, firstByte - start, isIntact);
        }
    }

    /**
     * Downloads seeded content and compares it with what the service sent.
     *
     * @param bytes at most so many
     * @param millis the service ends the transfer after this time
     * @param progress hears of every chunk how many bytes have come
     */
    public Transfer download(long seed, long bytes, long millis, LongConsumer progress) throws IOException {
        String id = ProcessHandle.current().pid() + "-" + NEXT_ID.incrementAndGet();
        long start = System.nanoTime();
        long firstByte = 0;
        Digest digest = new Digest();
        HttpURLConnection connection =
                open("/download?id=" + id + "&seed=" + seed + "&bytes=" + bytes + "&millis=" + millis);
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream in = connection.getInputStream()) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                if (digest.bytes() == 0) {
                    firstByte = System.nanoTime();
                }
                digest.update(chunk, count);
                progress.accept(digest.bytes());
            }
        }
        long end = System.nanoTime();
        String sent = answer(open("/digest?id=" + id));
        return new Transfer(
                digest.bytes(), end - start, firstByte - start, digest.finish().equals(sent));
    }

    /** Uploads seeded content, at most so many bytes in at most so long, and compares. */
    public Transfer upload(long seed, long bytes, long millis, LongConsumer progress) throws IOException {
        long start = System.nanoTime();
        long deadline = start + TimeUnit.MILLISECONDS.toNanos(millis);
        Digest digest = new Digest();
        HttpURLConnection connection = open("/upload");
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setChunkedStreamingMode(CHUNK_BYTES);
        byte[] chunk = new byte[CHUNK_BYTES];
        long firstByte;
        try (OutputStream out = connection.getOutputStream();
                InputStream content = new SeededContent(seed, bytes)) {
            firstByte = System.nanoTime();
            for (int count = content.read(chunk); count > 0; count = content.read(chunk)) {
                out.write(chunk, 0, count);
                digest.update(chunk, count);
                progress.accept(digest.bytes());
                if (System.nanoTime() - deadline > 0) {
                    break;
                }
            }
        }
        String received = answer(connection);
        long end = System.nanoTime();
        long sent = digest.bytes();
        return new Transfer(
                sent, end - start, firstByte - start, digest.finish().equals(received));
    }

    private static String answer(HttpURLConnection connection) throws IOException {
        try (InputStream in = connection.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private HttpURLConnection open(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(base + path).toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setUseCaches(false);
        return connection;
    }
}
