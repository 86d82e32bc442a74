package dev.tunbridge.reassembly.recovery;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;
import java.util.Arrays;

/**
 * Which frames have gone early, until the kernel lane reaches them: their places in the stream and a keyed hash of their bytes
 * (SipHash-2-4, Aumasson and Bernstein 2012), so that nobody can craft another frame of the same hash. Bounded; one thread.
 */
final class EarlyFrames {
    /** What the kernel lane's frame is to what went early. */
    enum Verdict {
        /** It did not go early. */
        NEW,
        /** It went early, byte for byte. */
        SAME,
        /** A frame at the same place went early with other bytes. */
        OTHER_BYTES
    }

    private static final int CAPACITY = 16_384;
    private static final int INITIAL = 64;

    private final HashFunction hash;
    private long[] starts = new long[INITIAL];
    private long[] ends = new long[INITIAL];
    private long[] hashes = new long[INITIAL];
    private BoundaryGrade[] grades = new BoundaryGrade[INITIAL];
    private int first;
    private int last;
    private int crossedProven;
    private int crossedLikely;

    EarlyFrames(long key0, long key1) {
        hash = Hashing.sipHash24(key0, key1);
    }

    boolean isFull() {
        return last - first >= CAPACITY;
    }

    boolean isEmpty() {
        return first == last;
    }

    /** Whether a frame with exactly this place went early. */
    boolean contains(long start, long end) {
        int at = firstEndingAfter(start);
        return at < last && starts[at] == start && ends[at] == end;
    }

    /** Whether anything that went early crosses these bytes. */
    boolean crosses(long start, long end) {
        int at = firstEndingAfter(start);
        return at < last && starts[at] < end;
    }

    /** Remembers a frame that crosses none before it. */
    void add(FrameView frame, BoundaryGrade grade) {
        int at = firstEndingAfter(frame.startOffset());
        if (last == starts.length) {
            at -= makeRoom();
        }
        System.arraycopy(starts, at, starts, at + 1, last - at);
        System.arraycopy(ends, at, ends, at + 1, last - at);
        System.arraycopy(hashes, at, hashes, at + 1, last - at);
        System.arraycopy(grades, at, grades, at + 1, last - at);
        starts[at] = frame.startOffset();
        ends[at] = frame.endOffset();
        hashes[at] = hashOf(frame);
        grades[at] = grade;
        last++;
    }

    /** @return how far the indexes have moved down */
    private int makeRoom() {
        int moved = first;
        int count = last - first;
        int capacity = count > starts.length / 2 ? 2 * starts.length : starts.length;
        starts = moved(starts, capacity);
        ends = moved(ends, capacity);
        hashes = moved(hashes, capacity);
        grades = Arrays.copyOf(Arrays.copyOfRange(grades, first, last), capacity);
        first = 0;
        last = count;
        return moved;
    }

    private long[] moved(long[] values, int capacity) {
        long[] target = new long[capacity];
        System.arraycopy(values, first, target, 0, last - first);
        return target;
    }

    private int firstEndingAfter(long offset) {
        int low = first;
        int high = last;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The kernel lane has reached this frame; what went early at its place or before is forgotten. */
    Verdict reached(FrameView frame) {
        passed(frame.startOffset());
        if (first == last || starts[first] >= frame.endOffset()) {
            return Verdict.NEW;
        }
        if (starts[first] == frame.startOffset() && ends[first] == frame.endOffset()) {
            return hashes[first++] == hashOf(frame) ? Verdict.SAME : Verdict.OTHER_BYTES;
        }
        while (first < last && starts[first] < frame.endOffset()) {
            cross();
        }
        return Verdict.NEW;
    }

    /** The kernel lane has passed this offset; whatever ended before and was never reached had false boundaries. */
    void passed(long offset) {
        while (first < last && ends[first] <= offset) {
            cross();
        }
    }

    private void cross() {
        if (grades[first++] == BoundaryGrade.PROVEN) {
            crossedProven++;
        } else {
            crossedLikely++;
        }
    }

    /** How many frames with proven boundaries the kernel lane has not found since the last call: the proof rested on other bytes. */
    int takeCrossedProven() {
        int count = crossedProven;
        crossedProven = 0;
        return count;
    }

    /** How many other frames the kernel lane has not found since the last call: their boundaries were false. */
    int takeCrossedLikely() {
        int count = crossedLikely;
        crossedLikely = 0;
        return count;
    }

    private long hashOf(FrameView frame) {
        return hash.hashBytes(frame.buffer().nioBuffer(frame.contentIndex(), frame.contentLength()))
                .asLong();
    }
}
