package dev.tunbridge.sim.bench.plan;

import java.util.List;
import java.util.OptionalInt;

/**
 * What to compare, as typed; {@link BenchPlan#of} checks it.
 *
 * @param peers such as {@code vtun} or {@code ours:write=batch}; the order in which they take turns
 * @param profiles of the link, by name
 * @param workloads such as {@code tcp:up,flows=16}
 * @param ownSettings {@code key=value} of the bridge, for every {@code ours}
 * @param linkSettings {@code key=value} over each profile
 * @param runs repetitions
 * @param seed of the first repetition's link; each further one has the next
 * @param seconds of each workload that says none; 0 for its own
 * @param warmUpSeconds of bulk load each way before a cell is measured; empty for ten on a bare veth pair, where a young
 *     JVM would be measured otherwise, and none on a link that is the bottleneck
 * @param limitSeconds for one cell; 0 for its length and a minute
 * @param againstPeer whom the ratios refer to; empty for the first
 * @param retries how often a cell that fails is tried again
 * @param lacking what becomes of a peer whose programs are not installed
 */
public record BenchOptions(
        List<String> peers,
        List<String> profiles,
        List<String> workloads,
        List<String> ownSettings,
        List<String> linkSettings,
        int runs,
        long seed,
        int seconds,
        OptionalInt warmUpSeconds,
        int limitSeconds,
        String againstPeer,
        int retries,
        Lacking lacking) {

    /** What becomes of a peer whose programs are not installed. */
    public enum Lacking {
        /** They are installed with apt where that can be, and only otherwise it is left out. */
        INSTALL,
        /** It is left out. */
        LEAVE_OUT
    }

    /** Each cell is tried once, and what a peer lacks is installed. */
    public BenchOptions(
            List<String> peers,
            List<String> profiles,
            List<String> workloads,
            List<String> ownSettings,
            List<String> linkSettings,
            int runs,
            long seed,
            int seconds,
            OptionalInt warmUpSeconds,
            int limitSeconds,
            String againstPeer) {
        this(
                peers,
                profiles,
                workloads,
                ownSettings,
                linkSettings,
                runs,
                seed,
                seconds,
                warmUpSeconds,
                limitSeconds,
                againstPeer,
                0,
                Lacking.INSTALL);
    }

    public BenchOptions {
        peers = List.copyOf(peers);
        profiles = List.copyOf(profiles);
        workloads = List.copyOf(workloads);
        ownSettings = List.copyOf(ownSettings);
        linkSettings = List.copyOf(linkSettings);
    }
}
