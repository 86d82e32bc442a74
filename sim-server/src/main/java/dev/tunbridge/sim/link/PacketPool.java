package dev.tunbridge.sim.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of all packets under way in one direction: slots of one size, named by a number, in blocks that are
 * allocated as the link fills and kept. Used by one thread.
 */
final class PacketPool {

    /** Room for a VLAN-tagged Ethernet frame at any MTU up to 2030. */
    static final int SLOT_BYTES = 2048;

    static final int NONE = -1;

    private static final int BLOCK_SHIFT = 9;
    private static final int SLOTS_PER_BLOCK = 1 << BLOCK_SHIFT;

    /** 32 MiB: the longest published profile, ge, has 1,250 packets under way; 1 Gbit/s over 150 ms has 12,500. */
    static final int MAX_SLOTS = 16_384;

    private final List<ByteBuf> blocks = new ArrayList<>();
    private final int[] free = new int[MAX_SLOTS];
    private int freeCount;

    PacketPool() {
        allocateBlock();
    }

    /** A slot, or {@link #NONE} when all are under way. The one given back last comes first: it is still in cache. */
    int take() {
        if (freeCount == 0) {
            if (blocks.size() << BLOCK_SHIFT >= MAX_SLOTS) {
                return NONE;
            }
            allocateBlock();
        }
        return free[--freeCount];
    }

    void give(int slot) {
        free[freeCount++] = slot;
    }

    ByteBuf buffer(int slot) {
        return blocks.get(slot >> BLOCK_SHIFT);
    }

    /** Of the slot's first byte in {@link #buffer}. */
    int index(int slot) {
        return (slot & (SLOTS_PER_BLOCK - 1)) * SLOT_BYTES;
    }

    long memoryAddress(int slot) {
        return buffer(slot).memoryAddress() + index(slot);
    }

    void release() {
        blocks.forEach(ByteBuf::release);
        blocks.clear();
        freeCount = 0;
    }

    private void allocateBlock() {
        int first = blocks.size() << BLOCK_SHIFT;
        int blockBytes = SLOTS_PER_BLOCK * SLOT_BYTES;
        // All of it counts as written: slots are filled by address, behind the buffer's back.
        blocks.add(Unpooled.directBuffer(blockBytes, blockBytes).writerIndex(blockBytes));
        for (int i = SLOTS_PER_BLOCK - 1; i >= 0; i--) {
            free[freeCount++] = first + i;
        }
    }
}
