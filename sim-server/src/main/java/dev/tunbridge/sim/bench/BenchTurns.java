package dev.tunbridge.sim.bench;

import org.jspecify.annotations.Nullable;

/** Benches that play one after the other; closing ends the one that plays and all that would follow. From any thread. */
public final class BenchTurns implements AutoCloseable {
    private @Nullable Bench playing;
    private boolean closed;

    /** The bench whose turn it is; where the turns are over it is closed, and so ends at once. */
    public synchronized Bench begin(Bench bench) {
        if (closed) {
            bench.close();
        }
        playing = bench;
        return bench;
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (playing != null) {
            playing.close();
        }
    }
}
