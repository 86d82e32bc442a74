package dev.tunbridge.bridge.queue;

import org.jspecify.annotations.Nullable;

/**
 * The flow queues by key, a fixed number of them at most. One for which nothing waits is kept with what CoDel knows of
 * its flow until another flow needs it, the longest idle first. When all are in use, further flows share one more
 * queue; as long as that one holds anything, flows without a queue of their own go behind it, so that none is
 * reordered.
 */
final class FlowQueues {
    private final CodelTiming timing;
    private final int capacity;
    private final @Nullable FlowQueue[] buckets;
    private final FlowList idle = new FlowList();
    private final FlowQueue shared;
    private int size;

    /** @param capacity a power of two */
    FlowQueues(int capacity, CodelTiming timing) {
        this.capacity = capacity;
        this.timing = timing;
        buckets = new @Nullable FlowQueue[2 * capacity];
        shared = new FlowQueue(timing, null);
    }

    /** The queue in which a packet with this key goes. */
    FlowQueue of(long key) {
        FlowQueue own = buckets[bucket(key)];
        while (own != null && own.key != key) {
            own = own.chain;
        }
        if (own != null) {
            return own;
        }
        FlowQueue free = shared.isEmpty() ? free() : null;
        if (free == null) {
            return shared;
        }
        free.key = key;
        free.codel.reset();
        free.chain = buckets[bucket(key)];
        buckets[bucket(key)] = free;
        return free;
    }

    /** Whether it is in one of the lists of those that send, as opposed to idle. */
    boolean isActive(FlowQueue flow) {
        return flow.list != null && flow.list != idle;
    }

    /** Nothing has come for it in a whole round. */
    void retire(FlowQueue flow) {
        if (flow != shared && flow.owner == null) {
            idle.add(flow);
        } else if (flow.list != null) {
            flow.list.remove(flow);
        }
    }

    private @Nullable FlowQueue free() {
        if (size < capacity) {
            size++;
            return new FlowQueue(timing, null);
        }
        FlowQueue oldest = idle.first();
        if (oldest != null) {
            idle.remove(oldest);
            forget(oldest);
        }
        return oldest;
    }

    private void forget(FlowQueue flow) {
        int bucket = bucket(flow.key);
        FlowQueue before = null;
        for (FlowQueue at = buckets[bucket]; at != flow && at != null; at = at.chain) {
            before = at;
        }
        if (before == null) {
            buckets[bucket] = flow.chain;
        } else {
            before.chain = flow.chain;
        }
        flow.chain = null;
    }

    private int bucket(long key) {
        return (int) key & (buckets.length - 1);
    }
}
