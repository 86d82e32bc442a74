package dev.tunbridge.sim.wire;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeMap;
import com.google.common.collect.TreeRangeSet;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;

/**
 * One direction of a TCP connection, put together from its segments in whatever order they came, with the time at which
 * each byte was first seen. Bytes count from a little before the first segment added, so that one which it overtook has
 * its place.
 */
final class OuterStream {
    static final long UNSEEN = -1;

    /** More than any of the benchmark's streams; a longer one is kept up to here. */
    private static final int MAX_BYTES = 128 << 20;

    private static final int BEFORE_FIRST_BYTES = 256 << 10;
    private static final int FIRST_CAPACITY_BYTES = 4 << 20;

    private final RangeSet<Integer> seen = TreeRangeSet.create();
    private final TreeRangeMap<Integer, Long> firstSeenNanos = TreeRangeMap.create();
    private byte[] bytes = new byte[FIRST_CAPACITY_BYTES];
    private boolean isBegun;
    private int firstSequence;
    private int end;

    /** Times must not go back from call to call. */
    void add(int sequenceNumber, ByteBuf from, int index, int length, long timeNanos) {
        if (length <= 0) {
            return;
        }
        if (!isBegun) {
            isBegun = true;
            firstSequence = SequenceNumber.add(sequenceNumber, -BEFORE_FIRST_BYTES);
        }
        int start = SequenceNumber.difference(sequenceNumber, firstSequence);
        if (start < 0 || start > MAX_BYTES - length) {
            return;
        }
        Range<Integer> range = Range.closedOpen(start, start + length);
        List<Range<Integer>> unseen =
                List.copyOf(seen.complement().subRangeSet(range).asRanges());
        for (Range<Integer> part : unseen) {
            int at = part.lowerEndpoint();
            int count = part.upperEndpoint() - at;
            reserve(at + count);
            from.getBytes(index + at - start, bytes, at, count);
            firstSeenNanos.put(part, timeNanos);
        }
        seen.add(range);
    }

    private void reserve(int needed) {
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(MAX_BYTES, Math.max(needed, 2 * bytes.length)));
        }
        end = Math.max(end, needed);
    }

    /** The stream's bytes up to {@link #end}; zero where none was seen. */
    byte[] bytes() {
        return bytes;
    }

    int end() {
        return end;
    }

    /** When the last of these bytes was first seen, or {@link #UNSEEN}. */
    long wholeAtNanos(int from, int to) {
        Range<Integer> range = Range.closedOpen(from, to);
        if (!seen.encloses(range)) {
            return UNSEEN;
        }
        return firstSeenNanos.subRangeMap(range).asMapOfRanges().values().stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(UNSEEN);
    }
}
