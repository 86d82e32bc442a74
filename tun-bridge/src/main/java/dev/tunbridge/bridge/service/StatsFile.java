package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.FaultReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that holds the counters as one line of JSON: written every few seconds, when the state
 * changes and at the end, each time to a
 * file beside it that then takes its place, so that a reader always finds a whole one.
 */
final class StatsFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatsFile.class);
    private static final long INTERVAL_SECONDS = 5;

    /** The snapshot is taken on the loop, which never takes so long unless it is stuck. */
    private static final long SNAPSHOT_SECONDS = 1;

    private final Path file;
    private final Supplier<CompletionStage<String>> counters;
    private final ScheduledExecutorService writer;
    private final AtomicBoolean due = new AtomicBoolean();
    private boolean closed;

    private StatsFile(Path file, Supplier<CompletionStage<String>> counters, ScheduledExecutorService writer) {
        this.file = file;
        this.counters = counters;
        this.writer = writer;
    }

    /**
     * Begins to write; there may be nothing to tell yet.
     *
     * @param counters as one line of JSON
     * @throws IOException if the file cannot be written, or is something else than a file: a device would be replaced
     */
    static StatsFile start(Path file, Supplier<CompletionStage<String>> counters) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("it is no ordinary file");
        }
        write(file, "{}");
        ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "tunbridge-stats");
            thread.setDaemon(true);
            return thread;
        });
        StatsFile started = new StatsFile(file, counters, writer);
        writer.scheduleWithFixedDelay(started::write, INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
        return started;
    }

    /** Writes the last figures; to be called once the bridge has ended. Whoever comes second waits for the first. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        writer.shutdown();
        try {
            if (!writer.awaitTermination(2 * SNAPSHOT_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("writing {} does not end", file);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        write();
    }

    /** Writes before the next turn: there is news. Does nothing after the end. From any thread; does not wait. */
    void writeSoon() {
        if (due.getAndSet(true)) {
            return; // all that is new by then will be in it
        }
        try {
            writer.execute(() -> {
                due.set(false);
                write();
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the last figures are written already");
        }
    }

    /** A disk that is full is no reason to end a bridge, nor is any other fault, nor to write no more. */
    private void write() {
        try {
            write(file, counters.get().toCompletableFuture().get(SNAPSHOT_SECONDS, TimeUnit.SECONDS));
        } catch (IOException e) {
            LOG.warn("cannot write {}: {}", file, FaultReason.of(e));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no counters to write yet", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            LOG.warn("cannot write {}", file, e);
        }
    }

    private static void write(Path file, String line) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(fresh, line + "\n");
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
