package dev.tunbridge.sim.bench;

import dev.tunbridge.sim.bench.report.BenchResult;
import java.io.IOException;

/** Something to measure that has been checked and not been started. Closing it, from any thread, ends what is being played. */
public interface BenchRun extends AutoCloseable {
    /** Plays; a cell that fails is reported as such, and the others go on. Needs root. */
    BenchResult run(BenchProgress progress) throws IOException, InterruptedException;

    @Override
    void close();
}
