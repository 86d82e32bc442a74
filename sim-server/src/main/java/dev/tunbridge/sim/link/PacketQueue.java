package dev.tunbridge.sim.link;

import java.util.Arrays;

/** First in, first out: slots with their length and a time that means what its user says. Bounded by the pool. */
final class PacketQueue {
    private int[] slots = new int[64];
    private int[] lengths = new int[64];
    private long[] times = new long[64];
    private int head;
    private int size;
    private long bytes;

    boolean isEmpty() {
        return size == 0;
    }

    long bytes() {
        return bytes;
    }

    void add(int slot, int lengthBytes, long timeNanos) {
        if (size == slots.length) {
            grow();
        }
        int tail = (head + size) & (slots.length - 1);
        slots[tail] = slot;
        lengths[tail] = lengthBytes;
        times[tail] = timeNanos;
        size++;
        bytes += lengthBytes;
    }

    int headLength() {
        return lengths[head];
    }

    long headTime() {
        return times[head];
    }

    int remove() {
        int slot = slots[head];
        bytes -= lengths[head];
        head = (head + 1) & (slots.length - 1);
        size--;
        return slot;
    }

    private void grow() {
        int capacity = slots.length;
        slots = Arrays.copyOf(slots, 2 * capacity);
        lengths = Arrays.copyOf(lengths, 2 * capacity);
        times = Arrays.copyOf(times, 2 * capacity);
        // What had wrapped around continues behind the old end.
        System.arraycopy(slots, 0, slots, capacity, head);
        System.arraycopy(lengths, 0, lengths, capacity, head);
        System.arraycopy(times, 0, times, capacity, head);
    }
}
