package dev.tunbridge.bridge.tun;

import dev.tunbridge.linux.Descriptors;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteOrder;

/**
 * The array of {@code struct iovec} for a {@code writev}: an address and a length of a machine word each. A piece on
 * the Java heap, which has no address, is copied next to it.
 */
final class VectorList {
    private static final int CAPACITY = 2 + PacketCoalescer.MAX_SEGMENTS;
    private static final int WORD_BYTES = Descriptors.VECTOR_BYTES / 2;
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final int STAGING_BYTES = 1 << 16;

    private final ByteBuf vectors = Unpooled.directBuffer(CAPACITY * Descriptors.VECTOR_BYTES);
    private ByteBuf staging = Unpooled.EMPTY_BUFFER;
    private int count;
    private int staged;

    void clear() {
        count = 0;
        staged = 0;
    }

    void fill(Gather gather) {
        clear();
        for (int piece = 0; piece < gather.pieces(); piece++) {
            add(gather.buffer(piece), gather.index(piece), gather.length(piece));
        }
    }

    void add(ByteBuf buffer, int index, int length) {
        if (buffer.hasMemoryAddress()) {
            addAddress(buffer.memoryAddress() + index, length);
            return;
        }
        if (staging.capacity() == 0) {
            staging = Unpooled.directBuffer(STAGING_BYTES);
        }
        // Only what the kernel will refuse anyway is longer than a packet can be.
        int bytes = Math.min(length, STAGING_BYTES - staged);
        staging.setBytes(staged, buffer, index, bytes);
        addAddress(staging.memoryAddress() + staged, bytes);
        staged += bytes;
    }

    private void addAddress(long address, int length) {
        int at = count * Descriptors.VECTOR_BYTES;
        setWord(at, address);
        setWord(at + WORD_BYTES, length);
        count++;
    }

    private void setWord(int at, long value) {
        if (WORD_BYTES == Long.BYTES) {
            vectors.setLong(at, LITTLE_ENDIAN ? Long.reverseBytes(value) : value);
        } else {
            vectors.setInt(at, LITTLE_ENDIAN ? Integer.reverseBytes((int) value) : (int) value);
        }
    }

    long address() {
        return vectors.memoryAddress();
    }

    int count() {
        return count;
    }

    void release() {
        vectors.release();
        staging.release();
    }
}
