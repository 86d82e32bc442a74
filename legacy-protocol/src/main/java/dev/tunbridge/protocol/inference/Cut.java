package dev.tunbridge.protocol.inference;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Bytes cut into frames; those of an escape are unescaped. The arrays are not to be changed. */
final class Cut {
    final byte[] bytes;
    final int[] starts;
    final int[] lengths;

    Cut(byte[] bytes, int[] starts, int[] lengths) {
        this.bytes = bytes;
        this.starts = starts;
        this.lengths = lengths;
    }

    int frames() {
        return starts.length;
    }

    int at(int frame, int offset) {
        return bytes[starts[frame] + offset] & 0xff;
    }

    int end(int frame) {
        return starts[frame] + lengths[frame];
    }

    int shortest() {
        int shortest = Integer.MAX_VALUE;
        for (int length : lengths) {
            shortest = Math.min(shortest, length);
        }
        return shortest;
    }

    int longest() {
        int longest = 0;
        for (int length : lengths) {
            longest = Math.max(longest, length);
        }
        return longest;
    }

    long covered() {
        long covered = 0;
        for (int length : lengths) {
            covered += length;
        }
        return covered;
    }

    /** The frames from this one on. */
    Cut from(int frame) {
        return new Cut(
                bytes,
                Arrays.copyOfRange(starts, frame, starts.length),
                Arrays.copyOfRange(lengths, frame, lengths.length));
    }

    /** The frames of both, in this order. */
    Cut and(Cut other) {
        byte[] all = Arrays.copyOf(bytes, bytes.length + other.bytes.length);
        System.arraycopy(other.bytes, 0, all, bytes.length, other.bytes.length);
        int count = starts.length;
        int[] allStarts = Arrays.copyOf(starts, count + other.starts.length);
        int[] allLengths = Arrays.copyOf(lengths, count + other.starts.length);
        for (int i = 0; i < other.starts.length; i++) {
            allStarts[count + i] = bytes.length + other.starts[i];
            allLengths[count + i] = other.lengths[i];
        }
        return new Cut(all, allStarts, allLengths);
    }

    /** The frames of which the test is true. */
    Cut where(IntPredicate isWanted) {
        int[] wanted = IntStream.range(0, frames()).filter(isWanted).toArray();
        int[] someStarts = new int[wanted.length];
        int[] someLengths = new int[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            someStarts[i] = starts[wanted[i]];
            someLengths[i] = lengths[wanted[i]];
        }
        return new Cut(bytes, someStarts, someLengths);
    }
}
