package dev.tunbridge.bridge.mapping;

import java.util.List;

/**
 * Who has which address of the pool, and what became of packets.
 *
 * @param pool the network, {@code NETWORK/LENGTH}
 * @param entries clients with an address now, idle ones included
 * @param capacity most that there is room for
 * @param most most at once since the start
 * @param packetsIn packets to the device whose sender was given an address of the pool
 * @param packetsOut packets from the device to an address of the pool
 * @param refused packets of a new client for which there was no room
 * @param evicted clients that were forgotten for another, idle for long enough
 * @param unassigned packets from the device to an address of the pool that nobody has
 * @param clients the most recently active ones, the latest first; at most {@link #LISTED}
 */
public record MappingStats(
        String pool,
        int entries,
        int capacity,
        int most,
        long packetsIn,
        long packetsOut,
        long refused,
        long evicted,
        long unassigned,
        List<MappedClient> clients) {

    /** Clients in a snapshot: enough to find who is busy, and few enough for a file that is written every few seconds. */
    public static final int LISTED = 256;

    public MappingStats {
        clients = List.copyOf(clients);
    }
}
