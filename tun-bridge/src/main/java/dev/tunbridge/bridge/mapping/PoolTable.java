package dev.tunbridge.bridge.mapping;

import java.util.Arrays;

/**
 * Which client has which address of the pool, both ways by one step: an address is its number, a client is found by open
 * addressing. Bounded: a client finds no room where nobody has been idle for long enough, for an address that is in use
 * is never given to another, whose packets would meet its connections.
 *
 * <p>A client's place is chosen by its address, so that it gets the same again after it was forgotten, and in another process
 * too, where nobody has taken it meanwhile. The key of the index is secret: a peer that chooses addresses to collide
 * would otherwise make each look-up walk past all of them.
 */
final class PoolTable {
    static final int NONE = -1;

    /** Places looked at near a client's own; with half the pool empty none of so many is free once in 2⁶⁴ cases. */
    private static final int NEAR = 64;
    /** Places looked at for somebody idle when all are taken: a bound on the work of one packet of a new client. */
    private static final int SWEEP = 256;

    private final AddressPool pool;
    private final int capacity;
    private final int places;
    private final long key;

    // By place.
    private final long[] clientHigh;
    private final long[] clientLow;
    private final long[] usedNanos;
    private final long[] idleNanos;
    private final int[] checksumSteps;
    private final boolean[] taken;

    /** Open addressing, at most half full. */
    private final int[] index;

    private final int mask;
    private int size;
    private int most;
    private int hand;
    private long refused;
    private long evicted;

    /**
     * @param entries most clients at once; a small pool holds fewer
     * @param key secret, of the index
     */
    PoolTable(AddressPool pool, int entries, long key) {
        this.pool = pool;
        this.key = key;
        capacity = Math.min(entries, pool.size());
        places = Math.min(2 * capacity, pool.size());
        clientHigh = new long[places];
        clientLow = new long[places];
        usedNanos = new long[places];
        idleNanos = new long[places];
        checksumSteps = new int[places];
        taken = new boolean[places];
        index = new int[Integer.highestOneBit(Math.max(2, 2 * capacity - 1)) << 1];
        mask = index.length - 1;
        Arrays.fill(index, NONE);
    }

    /** The client's place, or {@link #NONE}. */
    int find(long high, long low) {
        for (int slot = hash(high, low) & mask; index[slot] != NONE; slot = (slot + 1) & mask) {
            if (isOf(index[slot], high, low)) {
                return index[slot];
            }
        }
        return NONE;
    }

    /** Whether the place is this client's. */
    boolean isOf(int place, long high, long low) {
        return clientLow[place] == low && clientHigh[place] == high && taken[place];
    }

    /** A place for a client that has none, or {@link #NONE} if there is no room; it is idle until it is used. */
    int assign(long high, long low, long nowNanos) {
        int place = freePlace(home(high, low), nowNanos);
        if (place == NONE) {
            refused++;
            return NONE;
        }
        taken[place] = true;
        clientHigh[place] = high;
        clientLow[place] = low;
        usedNanos[place] = nowNanos;
        idleNanos[place] = 0;
        checksumSteps[place] = AddressRewriter.step(pool.addressBytes(), high, low, pool.high(), pool.low(place));
        int slot = hash(high, low) & mask;
        while (index[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        index[slot] = place;
        size++;
        most = Math.max(most, size);
        return place;
    }

    /** A packet of the client; what an earlier one has given it, it keeps. */
    void use(int place, long nowNanos, long idle) {
        idleNanos[place] = Math.max(idle, idleNanos[place] - (nowNanos - usedNanos[place]));
        usedNanos[place] = nowNanos;
    }

    private int freePlace(int home, long nowNanos) {
        boolean isFull = size == capacity;
        int idle = NONE;
        for (int step = 0; step < Math.min(NEAR, places); step++) {
            int place = home + step < places ? home + step : home + step - places;
            if (!taken[place]) {
                if (!isFull || evictSomebody(nowNanos)) {
                    return place;
                }
                return NONE;
            }
            if (idle == NONE && isIdle(place, nowNanos)) {
                idle = place;
                if (isFull) {
                    break;
                }
            }
        }
        if (idle == NONE) {
            return sweep(isFull, nowNanos);
        }
        evict(idle);
        return idle;
    }

    /** Somewhere else: the next place that is free or whose client is idle. */
    private int sweep(boolean isFull, long nowNanos) {
        for (int step = 0; step < Math.min(SWEEP, places); step++) {
            hand = hand + 1 < places ? hand + 1 : 0;
            if (taken[hand] ? isIdle(hand, nowNanos) : !isFull) {
                if (taken[hand]) {
                    evict(hand);
                }
                return hand;
            }
        }
        return NONE;
    }

    private boolean evictSomebody(long nowNanos) {
        int place = sweep(true, nowNanos);
        return place != NONE;
    }

    private boolean isIdle(int place, long nowNanos) {
        return nowNanos - usedNanos[place] >= idleNanos[place];
    }

    /** Removes by shifting back what probed past the gap (Knuth, TAOCP 3, 6.4 algorithm R). */
    private void evict(int place) {
        int gap = hash(clientHigh[place], clientLow[place]) & mask;
        while (index[gap] != place) {
            gap = (gap + 1) & mask;
        }
        int next = gap;
        while (true) {
            index[gap] = NONE;
            int home;
            do {
                next = (next + 1) & mask;
                if (index[next] == NONE) {
                    taken[place] = false;
                    size--;
                    evicted++;
                    return;
                }
                home = hash(clientHigh[index[next]], clientLow[index[next]]) & mask;
            } while (gap <= next ? gap < home && home <= next : gap < home || home <= next);
            index[gap] = index[next];
            gap = next;
        }
    }

    /** The place of a pool address, or {@link #NONE} if nobody has it. */
    int holder(long poolLow) {
        long number = pool.numberOf(poolLow);
        return number >= 0 && number < places && taken[(int) number] ? (int) number : NONE;
    }

    long clientHigh(int place) {
        return clientHigh[place];
    }

    long clientLow(int place) {
        return clientLow[place];
    }

    /** What a sum of words grows by where the client's address becomes the pool's. */
    int checksumStep(int place) {
        return checksumSteps[place];
    }

    boolean isTaken(int place) {
        return taken[place];
    }

    long usedNanos(int place) {
        return usedNanos[place];
    }

    int places() {
        return places;
    }

    int capacity() {
        return capacity;
    }

    int size() {
        return size;
    }

    int most() {
        return most;
    }

    long refused() {
        return refused;
    }

    long evicted() {
        return evicted;
    }

    /** The same in every process, so that a client finds the same address again. */
    private int home(long high, long low) {
        return (int) Long.remainderUnsigned(mixed(high, low, 0), places);
    }

    private int hash(long high, long low) {
        return (int) (mixed(high, low, key) >>> 32);
    }

    private static long mixed(long high, long low, long key) {
        long h = (high ^ key) * 0x9E3779B97F4A7C15L;
        h = (h ^ (h >>> 32) ^ low) * 0xBF58476D1CE4E5B9L;
        h = (h ^ (h >>> 29) ^ Long.rotateLeft(key, 32)) * 0x94D049BB133111EBL;
        return h ^ (h >>> 31);
    }
}
