package dev.tunbridge.reassembly.capture;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * One captured IP packet as a source hands it over. A flyweight: the source wraps it anew for each packet, and its bytes are
 * valid only during the call that delivers it. May be a super-packet of up to 64 KiB that receive offload has put together.
 */
public final class CapturedSegment {
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int index;
    private int length;
    private int wireLength;
    private long timeNanos;
    private int interfaceIndex;
    private boolean outgoing;
    private boolean checksumUnfinished;

    /**
     * Takes the place of what was wrapped before.
     *
     * @param buffer holds the packet, from the first byte of its IP header at {@code index}
     * @param length bytes that were captured, a link's padding included
     * @param wireLength bytes that the packet had; more than {@code length} if the capture cut it
     * @param timeNanos when it was captured
     */
    public CapturedSegment wrap(ByteBuf buffer, int index, int length, int wireLength, long timeNanos) {
        this.buffer = buffer;
        this.index = index;
        this.length = length;
        this.wireLength = wireLength;
        this.timeNanos = timeNanos;
        interfaceIndex = 0;
        outgoing = false;
        checksumUnfinished = false;
        return this;
    }

    /** What only a live source knows. */
    public CapturedSegment mark(int interfaceIndex, boolean outgoing, boolean checksumUnfinished) {
        this.interfaceIndex = interfaceIndex;
        this.outgoing = outgoing;
        this.checksumUnfinished = checksumUnfinished;
        return this;
    }

    public ByteBuf buffer() {
        return buffer;
    }

    public int index() {
        return index;
    }

    public int length() {
        return length;
    }

    public int wireLength() {
        return wireLength;
    }

    public boolean isTruncated() {
        return length < wireLength;
    }

    /** Of a live source on the scale of {@link System#nanoTime}; of a file, nanoseconds since 1970. */
    public long timeNanos() {
        return timeNanos;
    }

    /** The interface it came in on, or 0 where the source does not know. */
    public int interfaceIndex() {
        return interfaceIndex;
    }

    /** Whether this host sent it; never true of a file, where addresses tell. */
    public boolean isOutgoing() {
        return outgoing;
    }

    /**
     * Whether the kernel says that the TCP checksum has not been finished ({@code TP_STATUS_CSUMNOTREADY}): the field
     * then holds the folded sum of the pseudo-header. Nothing on the wire can set this mark. Of a file, which keeps no
     * such word, whether the field holds that sum.
     */
    public boolean isChecksumUnfinished() {
        return checksumUnfinished;
    }
}
