package dev.tunbridge.bridge.relay;

import java.util.BitSet;

/** Numbers of channels, taken in turn. At most 8 KiB, whatever comes: why what is to be said of them is no queue. */
final class NumberSet {
    static final int NONE = -1;

    private final BitSet numbers = new BitSet();
    private int next;
    private int size;

    void add(int number) {
        if (!numbers.get(number)) {
            numbers.set(number);
            size++;
        }
    }

    void remove(int number) {
        if (numbers.get(number)) {
            numbers.clear(number);
            size--;
        }
    }

    boolean contains(int number) {
        return size > 0 && numbers.get(number);
    }

    /** One of them, which then is none any more, or {@link #NONE}. */
    int take() {
        if (size == 0) {
            return NONE;
        }
        int found = numbers.nextSetBit(next);
        if (found < 0) {
            found = numbers.nextSetBit(0);
        }
        remove(found);
        next = found + 1;
        return found;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void clear() {
        numbers.clear();
        size = 0;
    }
}
