package dev.tunbridge.sim.traffic;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A real HTTP server, as a device's local service would be one.
 *
 * <ul>
 *   <li>{@code GET /}: a page.
 *   <li>{@code GET /download?id=&seed=&bytes=&millis=}: seeded content, at most so many bytes in at most so long.
 *   <li>{@code GET /digest?id=}: what that download was, as {@code bytes:sha256}.
 *   <li>{@code POST /upload}: answers with the same of what it received.
 * </ul>
 *
 * <p>It closes each connection behind its answer, and says so. The JDK's client would keep it by the server's address for the whole
 * process, and the next scene has the same addresses in other namespaces: there it leads nowhere, and nothing says so until the
 * time limit.
 */
public final class HttpService implements AutoCloseable {
    static final String PAGE =
            "<!doctype html><title>Tunbridge</title><h1>It works</h1><p>This page came through the tunnel.</p>";

    private static final int CHUNK_BYTES = 64 * 1024;

    /** Downloads whose digest somebody may still ask for. */
    private static final int MAX_DIGESTS = 1024;

    private final HttpServer server;
    private final ExecutorService workers;
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    private HttpService(HttpServer server, ExecutorService workers) {
        this.server = server;
        this.workers = workers;
    }

    /** Listens in the calling thread's network namespace. */
    public static HttpService start(InetSocketAddress listen) throws IOException {
        HttpServer server = HttpServer.create(listen, 128);
        ExecutorService workers = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "http-service");
            thread.setDaemon(true);
            return thread;
        });
        HttpService service = new HttpService(server, workers);
        server.setExecutor(workers);
        server.createContext("/", service::page);
        server.createContext("/download", service::download);
        server.createContext("/digest", service::digest);
        server.createContext("/upload", service::upload);
        server.start();
        return service;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }

    private void page(HttpExchange exchange) throws IOException {
        boolean isRoot = exchange.getRequestURI().getPath().equals("/");
        answer(exchange, isRoot ? 200 : 404, isRoot ? PAGE : "not here\n");
    }

    private void download(HttpExchange exchange) throws IOException {
        Map<String, String> query = query(exchange);
        long bytes = Long.parseLong(query.getOrDefault("bytes", "1000000"));
        long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(query.getOrDefault("millis", "600000")));
        long deadline = System.nanoTime() + nanos;
        Digest digest = new Digest();
        announceEnd(exchange);
        exchange.sendResponseHeaders(200, 0);
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream out = exchange.getResponseBody();
                InputStream content = new SeededContent(Long.parseLong(query.getOrDefault("seed", "1")), bytes)) {
            for (int count = content.read(chunk); count > 0; count = content.read(chunk)) {
                out.write(chunk, 0, count);
                digest.update(chunk, count);
                if (System.nanoTime() - deadline > 0) {
                    break;
                }
            }
            // Before the end is told: whoever sees it may ask at once.
            if (digests.size() < MAX_DIGESTS) {
                digests.put(query.getOrDefault("id", ""), digest.finish());
            }
        }
    }

    private void digest(HttpExchange exchange) throws IOException {
        String digest = digests.get(query(exchange).getOrDefault("id", ""));
        answer(exchange, digest == null ? 404 : 200, digest == null ? "unknown" : digest);
    }

    private void upload(HttpExchange exchange) throws IOException {
        Digest digest = new Digest();
        byte[] chunk = new byte[CHUNK_BYTES];
        InputStream body = exchange.getRequestBody();
        for (int count = body.read(chunk); count >= 0; count = body.read(chunk)) {
            digest.update(chunk, count);
        }
        answer(exchange, 200, digest.finish());
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        announceEnd(exchange);
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static void announceEnd(HttpExchange exchange) {
        exchange.getResponseHeaders().set("Connection", "close");
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> values = new TreeMap<>();
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                values.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return values;
    }
}
