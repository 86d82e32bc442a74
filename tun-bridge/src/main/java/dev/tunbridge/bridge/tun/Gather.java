package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/** The pieces of one write, in order; reused for every write. */
final class Gather {
    private final ByteBuf[] buffers;
    private final int[] indexes;
    private final int[] lengths;
    private int pieces;
    private int packets;
    private int packetBytes;

    Gather(int maxPieces) {
        buffers = new ByteBuf[maxPieces];
        Arrays.fill(buffers, Unpooled.EMPTY_BUFFER);
        indexes = new int[maxPieces];
        lengths = new int[maxPieces];
    }

    /** Starts anew, for this many packets of together so many bytes, all headers of the original packets counted. */
    void begin(int packets, int packetBytes) {
        pieces = 0;
        this.packets = packets;
        this.packetBytes = packetBytes;
    }

    void add(ByteBuf buffer, int index, int length) {
        buffers[pieces] = buffer;
        indexes[pieces] = index;
        lengths[pieces] = length;
        pieces++;
    }

    /** Lets go of every buffer. */
    void clear() {
        Arrays.fill(buffers, Unpooled.EMPTY_BUFFER);
        pieces = 0;
    }

    int pieces() {
        return pieces;
    }

    ByteBuf buffer(int piece) {
        return buffers[piece];
    }

    int index(int piece) {
        return indexes[piece];
    }

    int length(int piece) {
        return lengths[piece];
    }

    int packets() {
        return packets;
    }

    int packetBytes() {
        return packetBytes;
    }
}
