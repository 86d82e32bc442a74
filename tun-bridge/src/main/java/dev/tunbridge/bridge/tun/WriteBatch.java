package dev.tunbridge.bridge.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * The packets between two flushes, and the writes that they become. A packet is referenced where it is; a header that
 * comes apart from its body is copied into the packet's slot of the arena, where a joined packet's header is built too:
 *
 * <pre>
 *   arena slot of packet i:   0 copied header (128) | 128 virtio header (10) | joined IP and TCP header (up to 100)
 * </pre>
 */
final class WriteBatch {
    /** Takes one write; answers false only where the kernel calls a joined packet invalid, so that it comes again in parts. */
    interface Sink {
        boolean write(Gather gather);
    }

    /** Twice what one joined packet takes at 1,460 bytes a segment, and some more flows beside. */
    static final int MAX_PACKETS = 256;

    static final int NONE = -1;

    private static final int SLOT_BYTES = 256;
    private static final int JOINED_AT = TunDevice.MAX_HEADER_BYTES;
    private static final int PLAIN_HEADER_AT = MAX_PACKETS * SLOT_BYTES;

    private final TunOptions options;
    private final PacketCoalescer coalescer;
    private final Gather gather = new Gather(2 + PacketCoalescer.MAX_SEGMENTS);
    private final ByteBuf arena = Unpooled.directBuffer(PLAIN_HEADER_AT + VirtioHeader.BYTES);
    private final int[] headerLengths = new int[MAX_PACKETS];
    private final ByteBuf[] bodies = new ByteBuf[MAX_PACKETS];
    private final int[] bodyIndexes = new int[MAX_PACKETS];
    private final int[] bodyLengths = new int[MAX_PACKETS];
    private boolean coalescing;
    private int count;

    WriteBatch(TunOptions options) {
        this.options = options;
        this.coalescing = options.coalesces();
        this.coalescer = new PacketCoalescer(this);
        VirtioHeader.writePlain(arena, PLAIN_HEADER_AT);
        Arrays.fill(bodies, Unpooled.EMPTY_BUFFER);
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == MAX_PACKETS;
    }

    void disableCoalescing() {
        coalescing = false;
    }

    /** For a kernel that takes joined segments of TCP, but no joined datagrams. */
    void disableDatagramCoalescing() {
        coalescer.disableDatagrams();
    }

    boolean isCoalescingDatagrams() {
        return coalescing && coalescer.joinsDatagrams();
    }

    boolean isCoalescing() {
        return coalescing;
    }

    /** Adds a packet; the batch must not be full. */
    void add(ByteBuf packet, int index, int length) {
        append(0, packet, index, length);
    }

    void add(ByteBuf header, int headerIndex, int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        if (headerLength > TunDevice.MAX_HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "header of " + headerLength + " bytes: at most " + TunDevice.MAX_HEADER_BYTES + " are allowed");
        }
        arena.setBytes(slot(count), header, headerIndex, headerLength);
        append(headerLength, body, bodyIndex, bodyLength);
    }

    private void append(int headerLength, ByteBuf body, int bodyIndex, int bodyLength) {
        int packet = count++;
        headerLengths[packet] = headerLength;
        bodies[packet] = body;
        bodyIndexes[packet] = bodyIndex;
        bodyLengths[packet] = bodyLength;
        if (coalescing) {
            coalescer.add(packet);
        }
    }

    /** Hands every write to the sink, in the order of their first packets, and empties the batch. */
    void drain(Sink sink) {
        for (int packet = 0; packet < count; packet++) {
            if (!coalescing || coalescer.segments(packet) == 1) {
                writeAlone(sink, packet);
            } else if (coalescer.isFirst(packet)) {
                writeJoined(sink, packet);
            }
        }
        clear();
    }

    void clear() {
        Arrays.fill(bodies, 0, count, Unpooled.EMPTY_BUFFER);
        gather.clear();
        coalescer.clear();
        count = 0;
    }

    void release() {
        clear();
        arena.release();
    }

    private void writeAlone(Sink sink, int packet) {
        gather.begin(1, length(packet));
        if (options.offload() == TunOptions.Offload.ON) {
            gather.add(arena, PLAIN_HEADER_AT, VirtioHeader.BYTES);
        }
        if (headerLengths[packet] > 0) {
            gather.add(arena, slot(packet), headerLengths[packet]);
        }
        if (bodyLengths[packet] > 0) {
            gather.add(bodies[packet], bodyIndexes[packet], bodyLengths[packet]);
        }
        sink.write(gather);
    }

    private void writeJoined(Sink sink, int first) {
        int headerBytes = coalescer.writeHeader(first, arena, slot(first) + JOINED_AT);
        gather.begin(coalescer.segments(first), coalescer.packetBytes(first));
        gather.add(arena, slot(first) + JOINED_AT, VirtioHeader.BYTES + headerBytes);
        for (int packet = first; packet != NONE; packet = coalescer.next(packet)) {
            int payload = coalescer.payloadLength(packet);
            gather.add(bodies[packet], bodyIndexes[packet] + bodyLengths[packet] - payload, payload);
        }
        if (!sink.write(gather)) {
            for (int packet = first; packet != NONE; packet = coalescer.next(packet)) {
                writeAlone(sink, packet);
            }
        }
    }

    private static int slot(int packet) {
        return packet * SLOT_BYTES;
    }

    int length(int packet) {
        return headerLengths[packet] + bodyLengths[packet];
    }

    /** Bytes of the part that came apart; 0 where the packet is in one piece. */
    int headerLength(int packet) {
        return headerLengths[packet];
    }

    /** The buffer in which the packet starts. */
    ByteBuf headBuffer(int packet) {
        return headerLengths[packet] > 0 ? arena : bodies[packet];
    }

    int headIndex(int packet) {
        return headerLengths[packet] > 0 ? slot(packet) : bodyIndexes[packet];
    }

    ByteBuf body(int packet) {
        return bodies[packet];
    }

    int bodyIndex(int packet) {
        return bodyIndexes[packet];
    }
}
