package dev.tunbridge.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * A structure that {@code getsockopt} fills, renewed in place, so that asking often allocates nothing. Kernels return
 * as much of it as they have; what lies beyond is {@link #UNKNOWN}. One thread uses it.
 */
final class SocketSnapshot {
    static final long UNKNOWN = -1;

    private final int option;
    private final String name;
    private final int capacityBytes;
    private final Memory memory;
    private final Pointer lengthPointer;
    private int length;

    /** @param option of level {@code IPPROTO_TCP} */
    SocketSnapshot(int option, String name, int capacityBytes) {
        this.option = option;
        this.name = name;
        this.capacityBytes = capacityBytes;
        memory = new Memory(capacityBytes + (long) Integer.BYTES);
        lengthPointer = memory.share(capacityBytes);
    }

    /** Takes a new snapshot of the socket behind this descriptor. */
    void refresh(int fd) throws LinuxException {
        lengthPointer.setInt(0, capacityBytes);
        if (LibC.getsockopt(fd, Sockets.IPPROTO_TCP, option, memory, lengthPointer) < 0) {
            length = 0;
            throw LinuxException.last("getsockopt " + name, "descriptor " + fd);
        }
        length = lengthPointer.getInt(0);
    }

    long u8(int offset) {
        return offset < length ? memory.getByte(offset) & 0xff : UNKNOWN;
    }

    long u32(int offset) {
        return offset + Integer.BYTES <= length ? Integer.toUnsignedLong(memory.getInt(offset)) : UNKNOWN;
    }

    long u64(int offset) {
        return offset + Long.BYTES <= length ? memory.getLong(offset) : UNKNOWN;
    }

    /** Whether these bits of the byte are set; not where the kernel lacks it. */
    boolean hasBits(int offset, int bits) {
        return offset < length && (memory.getByte(offset) & bits) != 0;
    }
}
