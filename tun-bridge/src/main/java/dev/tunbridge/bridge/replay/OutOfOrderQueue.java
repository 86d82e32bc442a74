package dev.tunbridge.bridge.replay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Segments beyond a hole, kept as Linux keeps them ({@code tcp_data_queue_ofo}): a new one that lies wholly within one
 * that is queued goes; a queued one that the new one covers goes too; of two that overlap, the bytes of the one that
 * begins first count. (Linux also joins neighbours where their memory allows it, and then the older bytes count a
 * little more often. Only an attack tells the difference, and bytes that came twice and differ are counted.)
 */
final class OutOfOrderQueue {
    /** More than the largest window that a default Linux offers (tcp_rmem: 6 MiB), so that only a one-sided capture meets it. */
    static final int MOST_BYTES = 16 << 20;

    /** Of one byte each; with their bookkeeping some 2 MB. */
    static final int MOST_SEGMENTS = 16_384;

    private final TreeMap<Long, byte[]> segments = new TreeMap<>();
    private final int mostBytes;
    private long bytes;
    private long differentBytes;

    OutOfOrderQueue(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** Takes a copy of what is new of the range. */
    void add(long start, ByteBuf buffer, int index, int length) {
        long end = start + length;
        Map.Entry<Long, byte[]> before = segments.floorEntry(start);
        countDifferences(start, end, buffer, index);
        if (before != null && end <= end(before)) {
            return;
        }
        for (Map.Entry<Long, byte[]> next = segments.ceilingEntry(start);
                next != null && end(next) <= end;
                next = segments.ceilingEntry(start)) {
            remove(next.getKey());
        }
        segments.put(start, ByteBufUtil.getBytes(buffer, index, length, true));
        bytes += length;
    }

    /** The first segment's bytes behind {@code offset}, if it begins there or before; null otherwise. Those it takes out. */
    byte @Nullable [] poll(long offset) {
        while (!segments.isEmpty() && segments.firstKey() <= offset) {
            long start = segments.firstKey();
            byte[] segment = remove(start);
            int skip = (int) (offset - start);
            if (skip < segment.length) {
                return skip == 0 ? segment : java.util.Arrays.copyOfRange(segment, skip, segment.length);
            }
        }
        return null;
    }

    /** Compares what comes in order with what is queued of it; the queued bytes are then of no more use. */
    void compare(long start, ByteBuf buffer, int index, int length) {
        countDifferences(start, start + length, buffer, index);
    }

    private void countDifferences(long start, long end, ByteBuf buffer, int index) {
        Long from = segments.floorKey(start);
        for (Map.Entry<Long, byte[]> queued :
                segments.subMap(from == null ? start : from, true, end, false).entrySet()) {
            long queuedStart = queued.getKey();
            long overlapEnd = Math.min(end, end(queued));
            for (long at = Math.max(start, queuedStart); at < overlapEnd; at++) {
                if (queued.getValue()[(int) (at - queuedStart)] != buffer.getByte(index + (int) (at - start))) {
                    differentBytes++;
                }
            }
        }
    }

    private byte[] remove(long start) {
        byte[] removed = segments.remove(start);
        if (removed == null) {
            throw new IllegalStateException("no segment at " + start);
        }
        bytes -= removed.length;
        return removed;
    }

    private static long end(Map.Entry<Long, byte[]> segment) {
        return segment.getKey() + segment.getValue().length;
    }

    boolean isEmpty() {
        return segments.isEmpty();
    }

    boolean isFull() {
        return bytes > mostBytes || segments.size() > MOST_SEGMENTS;
    }

    /** Where the first segment begins; only where there is one. */
    long firstStart() {
        return segments.firstKey();
    }

    /** Bytes that came twice and were not the same. */
    long differentBytes() {
        return differentBytes;
    }

    /** Bytes held, overlaps counted twice. */
    long bytes() {
        return bytes;
    }
}
