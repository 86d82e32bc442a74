package dev.tunbridge.bridge.mapping;

/**
 * Flows in which the device itself talks to a client by the client's own address, though that has a place in the pool
 * or would get one: what comes back must keep its address, or the socket that asked would not know it. Bounded; in a set of
 * eight the one longest unused gives way. Few devices have any.
 */
final class OwnFlows {
    private static final int SETS = 256;
    private static final int WAYS = 8;

    private final long key;
    private final long[] high = new long[SETS * WAYS];
    private final long[] low = new long[SETS * WAYS];
    private final long[] ports = new long[SETS * WAYS];
    private final long[] usedNanos = new long[SETS * WAYS];
    private final boolean[] taken = new boolean[SETS * WAYS];
    private boolean hasAny;

    /** @param key secret */
    OwnFlows(long key) {
        this.key = key;
    }

    /** Protocol and ports, both 0 where there are none, in one word. */
    static long ports(int protocol, int devicePort, int clientPort) {
        return (long) protocol << 32 | (devicePort & 0xffffL) << 16 | (clientPort & 0xffffL);
    }

    /** The device has sent a packet of this flow. */
    void remember(long flowHigh, long flowLow, long flowPorts, long nowNanos) {
        hasAny = true;
        int set = set(flowHigh, flowLow, flowPorts);
        int victim = set;
        for (int at = set; at < set + WAYS; at++) {
            if (isOf(at, flowHigh, flowLow, flowPorts)) {
                usedNanos[at] = nowNanos;
                return;
            }
            if (taken[victim] && (!taken[at] || usedNanos[at] - usedNanos[victim] < 0)) {
                victim = at;
            }
        }
        taken[victim] = true;
        high[victim] = flowHigh;
        low[victim] = flowLow;
        ports[victim] = flowPorts;
        usedNanos[victim] = nowNanos;
    }

    /** Whether the device has used the flow within so long. */
    boolean contains(long flowHigh, long flowLow, long flowPorts, long nowNanos, long withinNanos) {
        if (!hasAny) {
            return false;
        }
        int set = set(flowHigh, flowLow, flowPorts);
        for (int at = set; at < set + WAYS; at++) {
            if (isOf(at, flowHigh, flowLow, flowPorts)) {
                return nowNanos - usedNanos[at] <= withinNanos;
            }
        }
        return false;
    }

    private boolean isOf(int at, long flowHigh, long flowLow, long flowPorts) {
        return ports[at] == flowPorts && low[at] == flowLow && high[at] == flowHigh && taken[at];
    }

    private int set(long flowHigh, long flowLow, long flowPorts) {
        long h = (flowHigh ^ key) * 0x9E3779B97F4A7C15L;
        h = (h ^ (h >>> 32) ^ flowLow) * 0xBF58476D1CE4E5B9L;
        h = (h ^ (h >>> 29) ^ flowPorts) * 0x94D049BB133111EBL;
        return (int) (h >>> 40 & SETS - 1) * WAYS;
    }
}
