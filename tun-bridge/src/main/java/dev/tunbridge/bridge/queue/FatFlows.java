package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.Nullable;

/**
 * Flow queues by how much memory they hold, so that the fattest is found without looking at the others (RFC 8290
 * section 4.1 looks at all, and drops many at once to make up for it). Sorted into steps of a quarter of a power of
 * two: what is called the fattest is so to within a fifth.
 */
final class FatFlows {
    /** Of a queue that holds nothing. */
    static final int NONE = -1;

    private static final int STEP_BITS = 2;
    private static final int STEPS = 32 << STEP_BITS;

    private final @Nullable FlowQueue[] heaviest = new @Nullable FlowQueue[STEPS];
    /** A bit for each step that has flows. */
    private final long[] occupied = new long[STEPS / Long.SIZE];

    private int flows;

    /** The flow queue holds something else than before. */
    void update(FlowQueue flow) {
        int weight = weight(flow.memoryBytes());
        if (weight != flow.weight) {
            unlink(flow);
            link(flow, weight);
        }
    }

    /** One that holds the most, or null where nothing waits. */
    @Nullable
    FlowQueue fattest() {
        for (int word = occupied.length - 1; word >= 0; word--) {
            if (occupied[word] != 0) {
                return heaviest[word * Long.SIZE + 63 - Long.numberOfLeadingZeros(occupied[word])];
            }
        }
        return null;
    }

    /** How many hold something. */
    int flows() {
        return flows;
    }

    private static int weight(int memoryBytes) {
        if (memoryBytes == 0) {
            return NONE;
        }
        int power = 31 - Integer.numberOfLeadingZeros(memoryBytes);
        int step = power < STEP_BITS ? 0 : memoryBytes >>> (power - STEP_BITS) & ((1 << STEP_BITS) - 1);
        return power << STEP_BITS | step;
    }

    private void link(FlowQueue flow, int weight) {
        flow.weight = weight;
        if (weight == NONE) {
            return;
        }
        flows++;
        FlowQueue next = heaviest[weight];
        flow.lighter = next;
        if (next != null) {
            next.heavier = flow;
        }
        heaviest[weight] = flow;
        occupied[weight / Long.SIZE] |= 1L << weight;
    }

    private void unlink(FlowQueue flow) {
        if (flow.weight == NONE) {
            return;
        }
        flows--;
        FlowQueue before = flow.heavier;
        FlowQueue after = flow.lighter;
        if (after != null) {
            after.heavier = before;
        }
        if (before != null) {
            before.lighter = after;
        } else {
            heaviest[flow.weight] = after;
            if (after == null) {
                occupied[flow.weight / Long.SIZE] &= ~(1L << flow.weight);
            }
        }
        flow.heavier = null;
        flow.lighter = null;
    }
}
