package dev.tunbridge.bridge.control;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tunbridge.bridge.control.ControlException.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a Unix socket and answers each line with one, or with several for a request that goes on. A client has a thread of
 * its own; there are 16 at most, and one that says nothing for a minute is let go.
 */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int MOST_CLIENTS = 16;
    private static final int MOST_REQUEST_BYTES = 64 * 1024;
    private static final long IDLE_MILLIS = 60_000;
    private static final long REFUSE_MILLIS = 100;
    private static final long WRITE_MILLIS = 5_000;

    private final Path path;
    private final ServerSocketChannel listening;
    private final ControlHandler handler;
    private final ThreadPoolExecutor clients;
    private final Thread accepting;

    private ControlServer(Path path, ServerSocketChannel listening, ControlHandler handler) {
        this.path = path;
        this.listening = listening;
        this.handler = handler;
        AtomicInteger numbers = new AtomicInteger();
        clients = new ThreadPoolExecutor(0, MOST_CLIENTS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "tunbridge-control-" + numbers.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        accepting = new Thread(this::accept, "tunbridge-control");
        accepting.setDaemon(true);
    }

    /**
     * Begins to listen. The socket's file of a service that has died is replaced.
     *
     * @param path where; its folder is made if it is not there
     * @param mode who may connect
     * @throws IOException if somebody listens there, or it cannot be made
     */
    public static ControlServer start(Path path, Set<PosixFilePermission> mode, ControlHandler handler)
            throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        if (Files.exists(path)) {
            removeDead(path, address);
        }
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // Bound beside its place and moved there once its mode is right: nobody connects in between.
            Path fresh = path.resolveSibling(
                    path.getFileName() + "." + ProcessHandle.current().pid());
            Files.deleteIfExists(fresh);
            listening.bind(UnixDomainSocketAddress.of(fresh), MOST_CLIENTS);
            Files.setPosixFilePermissions(fresh, mode);
            Files.move(fresh, path);
        } catch (IOException | RuntimeException e) {
            listening.close();
            throw e;
        }
        ControlServer server = new ControlServer(path, listening, handler);
        server.accepting.start();
        return server;
    }

    private static void removeDead(Path path, UnixDomainSocketAddress address) throws IOException {
        try (SocketChannel other = SocketChannel.open(address)) {
            throw new IOException("another service listens at " + path + " (" + other.getRemoteAddress() + ")");
        } catch (java.net.ConnectException e) { // nobody listens: it is left over
            Files.delete(path);
        } catch (java.net.SocketException e) {
            throw new IOException(path + " is there and is no socket of ours: " + e.getMessage(), e);
        }
    }

    private void accept() {
        while (listening.isOpen()) {
            try {
                SocketChannel channel = listening.accept();
                try {
                    clients.execute(() -> serve(channel));
                } catch (RejectedExecutionException e) {
                    refuse(channel);
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) { // such as EMFILE: it passes
                LOG.warn("the control socket takes no client: {}", e.getMessage());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void refuse(SocketChannel channel) {
        try (Line line = new Line(channel, MOST_REQUEST_BYTES)) {
            line.write(
                    fault(0, new ControlException(Code.BUSY, MOST_CLIENTS + " clients are served already")),
                    REFUSE_MILLIS);
            line.read(REFUSE_MILLIS); // closed with something unread, the answer would be lost
        } catch (IOException e) {
            LOG.debug("a client too many has gone", e);
        }
    }

    private void serve(SocketChannel channel) {
        try (Line line = new Line(channel, MOST_REQUEST_BYTES)) {
            Peer peer = peer(channel);
            while (true) {
                Optional<String> text = line.read(IDLE_MILLIS);
                if (text.isEmpty()) {
                    return;
                }
                line.write(answer(peer, text.get(), line), WRITE_MILLIS);
            }
        } catch (Line.LineException e) {
            LOG.debug("a client of the control socket is let go: {}", e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("a client of the control socket has gone", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String answer(Peer peer, String text, Line line) throws InterruptedException {
        long id = 0;
        try {
            Request request = Request.parse(text);
            id = request.id();
            long asked = id;
            JsonElement result = handler.handle(peer, request, part -> writePart(line, answer(asked, "part", part)));
            return answer(id, "result", result);
        } catch (ControlException e) {
            return fault(id, e);
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            LOG.error("a request of the control socket failed", e);
            return fault(id, new ControlException(Code.FAILED, e.toString()));
        }
    }

    private static void writePart(Line line, String part) {
        try {
            line.write(part, WRITE_MILLIS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String answer(long id, String key, JsonElement value) {
        JsonObject answer = new JsonObject();
        answer.addProperty("version", Request.VERSION);
        answer.addProperty("id", id);
        answer.add(key, value);
        return answer.toString();
    }

    private static String fault(long id, ControlException fault) {
        JsonObject error = new JsonObject();
        error.addProperty("code", fault.code().spelling());
        error.addProperty("message", fault.getMessage());
        return answer(id, "error", error);
    }

    private static Peer peer(SocketChannel channel) throws IOException {
        UnixDomainPrincipal principal = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        return new Peer(principal.user().getName(), principal.group().getName());
    }

    /** Listens no more, lets all clients go, and takes the socket's file away. */
    @Override
    public void close() {
        try {
            listening.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("the control socket's file is left", e);
        }
        clients.shutdownNow();
    }
}
