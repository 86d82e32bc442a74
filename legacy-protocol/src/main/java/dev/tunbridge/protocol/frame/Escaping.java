package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** The stuffing of one escape: how content is wrapped on the wire, and found again. Without state, so that all share it. */
interface Escaping {
    /** What {@link #unescape} answers while the end of the frame has not come. */
    int UNDECIDED = 0;

    /** Where the content has a byte that cannot be written, or −1. */
    default int forbiddenAt(ByteBuf content, int index, int length) {
        return -1;
    }

    /** Writes the content with its marks around it. */
    void escape(ByteBuf content, int index, int length, ByteBuf out);

    /** The same behind another frame, whose closing mark serves as the opening one too where both are the same. */
    default void escapeBehind(ByteBuf content, int index, int length, ByteBuf out) {
        escape(content, index, length, out);
    }

    /**
     * Appends the content of the frame that starts at the index to {@code out}.
     *
     * @return the index behind the frame, {@link #UNDECIDED}, or {@link BadFrame#dead} of the reason; the content
     *     appended is whole only in the first case
     */
    int unescape(ByteBuf in, int index, int limit, ByteBuf out, int maxContentBytes);

    /** The first index from {@code from} on that is not idle fill between frames. */
    int skipFill(ByteBuf in, int from, int limit);

    /** The first index from {@code from} on where a frame may start, told by the marks alone; {@code limit} if none. */
    int nextStart(ByteBuf in, int from, int limit);

    /** Whether marks that occur nowhere inside a frame tell where one ends or starts. */
    default boolean hasCertainBoundaries() {
        return false;
    }

    /** The first index from {@code from} on that such marks show to lie between frames; {@code limit} if none. */
    default int certainBoundary(ByteBuf in, int from, int limit) {
        return hasCertainBoundaries() ? nextStart(in, from, limit) : limit;
    }

    /** The most bytes that so much content takes on the wire, with its marks. */
    int maxWireBytes(int contentBytes);

    /** The fewest bytes that are added to any content. */
    int overheadBytes();
}
