package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says of any place in a buffer whether a valid frame starts there. An answer that is not "undecided" never changes when
 * more bytes come, so it does not depend on how the stream was cut into reads.
 *
 * <p>For one thread. Reads absolute indexes and moves none.
 */
public final class FrameProbe implements AutoCloseable {
    /** Where frames have many. */
    private final @Nullable FrameShapes shapes;
    /** Where they have many, that of the shape of the frame that was probed last. */
    private FrameLayout layout;

    private final FrameView view;
    private final @Nullable Escaping escaping;
    private final int maxContentBytes;
    /** Whether frames may have to be rewritten, and so be shown elsewhere. */
    private final boolean usesScratch;

    private final ByteBuf scratch;

    private boolean isInArena;
    private int contentIndex;
    private int headBytes;
    private int payloadBytes;
    private int fillBytes;

    public FrameProbe(FrameFormat format) {
        this(format, ChecksumAlgorithm::newChecksum);
    }

    FrameProbe(FrameFormat format, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        this.shapes = format.hasShapes() ? new FrameShapes(format, newChecksum) : null;
        this.layout = shapes == null ? new FrameLayout(format, newChecksum) : shapes.first();
        this.headBytes = layout.headBytes;
        this.view = new FrameView(layout);
        this.escaping = format.escaping();
        this.maxContentBytes = format.maxContentBytes();
        this.usesScratch = format.isRewritten();
        this.isInArena = escaping != null;
        this.scratch = usesScratch ? Unpooled.directBuffer(maxContentBytes) : Unpooled.EMPTY_BUFFER;
    }

    /**
     * Looks at the bytes from the index to before the limit.
     *
     * @return above 0: bytes of the valid, whole frame that starts at the index, with idle fill before it; 0: undecided,
     *     bytes past the limit are needed; below 0: certainly no valid frame, −1 − the ordinal of a {@link BadFrame}
     */
    public long probe(ByteBuf buffer, int index, int limit) {
        return probe(buffer, index, limit, usesScratch ? scratch.clear() : scratch);
    }

    /**
     * The frame of the last positive answer of {@link #probe(ByteBuf, int, int)}. The view is reused, and what it shows
     * stays until the next probe, or until the buffer's bytes change.
     *
     * @param buffer the buffer that was probed
     * @param offset the stream offset of the index that was probed
     * @param frameBytes the answer
     */
    public FrameView frame(ByteBuf buffer, long offset, long frameBytes) {
        view.wrap(
                layout,
                isInArena ? scratch : buffer,
                contentIndex,
                headBytes,
                payloadBytes,
                offset + fillBytes(),
                offset + frameBytes);
        return view;
    }

    /**
     * The wire bytes that a frame at the index has by its header alone, whether they are all there or not; 0 where the
     * header is not whole, is no header, or where only a mark ends a frame.
     */
    public int claimedBytes(ByteBuf buffer, int index, int limit) {
        FrameLayout probed = layout;
        int start = escaping == null ? skipFill(buffer, index, limit) : index;
        int claimed = escaping == null && start < limit && isOfShape(buffer, start)
                ? claimedFrom(buffer, index, start, limit)
                : 0;
        layout = probed; // that of the frame which a view may still be asked for
        return claimed;
    }

    private int claimedFrom(ByteBuf buffer, int index, int start, int limit) {
        if (limit - start < layout.headBytes) {
            return 0;
        }
        boolean isHeader = layout.sync.matches(buffer, start, layout.sync.sizeBytes())
                && layout.constantsMatch(buffer, start)
                && layout.headerCheckMatches(buffer, start);
        int head = isHeader ? headBytes(buffer, start, limit) : 0;
        boolean isHead = isHeader && (head > 0 || layout.growing == null); // frames of one size may have none at all
        int payload = isHead ? payloadBytes(buffer, start) : FrameLayout.BAD_LENGTH;
        return payload == FrameLayout.BAD_LENGTH
                ? 0
                : start
                        - index
                        + head
                        + layout.wireBytesBehindHead(payload)
                        + layout.signatureBytes(buffer, start)
                        - layout.sharedBytes;
    }

    /** As a field of the header says it, or as it is with all frames. */
    private int payloadBytes(ByteBuf buffer, int frameIndex) {
        LengthField length = layout.length;
        return length == null ? layout.fixedPayloadBytes : layout.payloadBytes(buffer, frameIndex, length);
    }

    /** Whether the byte at the index begins a frame of some shape, whose layout then is the one that counts. */
    private boolean isOfShape(ByteBuf buffer, int index) {
        if (shapes == null) {
            return true;
        }
        FrameLayout shape = shapes.of(buffer.getUnsignedByte(index));
        layout = shape == null ? layout : shape;
        return shape != null;
    }

    /**
     * The first index from {@code from} on that is certainly between two frames, whatever the payloads hold, because
     * the marks there cannot occur inside a frame; {@code limit} where there is none. Only formats that escape have
     * such marks. One is found at the latest behind two frames of the greatest length.
     */
    public int certainBoundary(ByteBuf buffer, int from, int limit) {
        return escaping == null ? limit : escaping.certainBoundary(buffer, from, limit);
    }

    /** Whether marks tell frames apart, so that {@link #certainBoundary} finds boundaries. */
    public boolean hasCertainBoundaries() {
        return escaping != null && escaping.hasCertainBoundaries();
    }

    /** The reason in a negative answer of {@link #probe}. */
    public static BadFrame reason(long answer) {
        return BadFrame.ofDead(answer);
    }

    /** As {@link #probe}; appends the content of a valid frame to the arena, if it is not that of the wire, and only then. */
    long probe(ByteBuf buffer, int index, int limit, ByteBuf arena) {
        if (shapes != null) {
            if (index == limit) {
                return 0;
            }
            if (!isOfShape(buffer, index)) {
                return BadFrame.SYNC.dead();
            }
        }
        if (escaping == null) {
            long answer =
                    layout.sharedBytes == 0 ? probePlain(buffer, index, limit) : probeFlagged(buffer, index, limit);
            if (usesScratch && answer > 0) {
                rewrite(buffer, arena);
            }
            return answer;
        }
        int start = escaping.skipFill(buffer, index, limit);
        if (start == limit) {
            return 0;
        }
        int arenaIndex = arena.writerIndex();
        long answer = escaping.unescape(buffer, start, limit, arena, maxContentBytes);
        if (answer > 0) {
            long verdict = judgeContent(arena, arenaIndex);
            answer = verdict < 0 ? verdict : answer - index;
        }
        if (answer <= 0) {
            arena.writerIndex(arenaIndex);
            return answer;
        }
        contentIndex = arenaIndex;
        fillBytes = start - index;
        return answer;
    }

    /** Brings the content of the valid frame that was found into the arena, as it was before it was masked or checked in blocks. */
    private void rewrite(ByteBuf buffer, ByteBuf arena) {
        PayloadMask mask = layout.mask;
        BlockChecks blocks = layout.blocks;
        int frameIndex = contentIndex;
        int payloadIndex = frameIndex + headBytes;
        int arenaIndex = arena.writerIndex();
        isInArena = blocks != null || (mask != null && mask.keyBytes(buffer, frameIndex) > 0);
        if (!isInArena) {
            return;
        }
        arena.writeBytes(buffer, frameIndex, headBytes);
        if (blocks != null) {
            blocks.strip(buffer, payloadIndex, payloadBytes, arena);
        } else {
            arena.writeBytes(buffer, payloadIndex, payloadBytes);
        }
        int behind = layout.wireBytesBehindHead(payloadBytes) - layout.tailBytes;
        arena.writeBytes(buffer, payloadIndex + behind, layout.tailBytes);
        if (mask != null) {
            mask.apply(arena, arenaIndex + headBytes, payloadBytes);
        }
        contentIndex = arenaIndex;
    }

    private long probeFlagged(ByteBuf buffer, int index, int limit) {
        int start = skipFill(buffer, index, limit);
        long answer = probePlain(buffer, start, limit);
        fillBytes = start - index;
        return answer > 0 ? answer + fillBytes - layout.sharedBytes : answer;
    }

    private long probePlain(ByteBuf buffer, int index, int limit) {
        int available = limit - index;
        BytePattern sync = layout.sync;
        if (!sync.matches(buffer, index, Math.min(available, sync.sizeBytes()))) {
            return BadFrame.SYNC.dead();
        }
        // The whole head first: which reason is found must not depend on how much of it has come.
        if (available < layout.headBytes) {
            return 0;
        }
        if (!layout.constantsMatch(buffer, index)) {
            return BadFrame.FIELD.dead();
        }
        if (!layout.headerCheckMatches(buffer, index)) {
            return BadFrame.CHECK.dead();
        }
        int head = headBytes(buffer, index, limit);
        if (head == GrowingLength.UNDECIDED && layout.growing != null) {
            return 0;
        }
        int payload = head == GrowingLength.MALFORMED ? FrameLayout.BAD_LENGTH : payloadBytes(buffer, index);
        if (payload == FrameLayout.BAD_LENGTH) {
            return BadFrame.LENGTH.dead();
        }
        int whole = head + layout.wireBytesBehindHead(payload);
        int total = whole + layout.signatureBytes(buffer, index);
        if (available < total) {
            return 0;
        }
        contentIndex = index;
        headBytes = head;
        payloadBytes = payload;
        BlockChecks blocks = layout.blocks;
        long verdict = judgeTail(buffer, index, index + whole - layout.tailBytes);
        if (verdict < 0) {
            return verdict;
        }
        return blocks == null || blocks.match(buffer, index + head, payload) ? total : BadFrame.CHECK.dead();
    }

    /** Of the frame at the index, whose fewest bytes of head are there, or what {@link GrowingLength#sizeBytes} answers instead. */
    private int headBytes(ByteBuf buffer, int index, int limit) {
        GrowingLength growing = layout.growing;
        return growing == null ? layout.headBytes : layout.grownHeadBytes(buffer, index, limit, growing);
    }

    private long judgeContent(ByteBuf arena, int frameIndex) {
        int payload = arena.writerIndex() - frameIndex - layout.headBytes - layout.tailBytes;
        if (payload < 0 || payload > layout.maxPayloadBytes) {
            return BadFrame.LENGTH.dead();
        }
        if (!layout.constantsMatch(arena, frameIndex)) {
            return BadFrame.FIELD.dead();
        }
        if (!layout.headerCheckMatches(arena, frameIndex)) {
            return BadFrame.CHECK.dead();
        }
        LengthField length = layout.length;
        if (length != null && layout.payloadBytes(arena, frameIndex, length) != payload) {
            return BadFrame.LENGTH.dead();
        }
        payloadBytes = payload;
        return judgeTail(arena, frameIndex, frameIndex + layout.headBytes + payload);
    }

    private long judgeTail(ByteBuf buffer, int frameIndex, int payloadEnd) {
        if (!layout.trailerMatches(buffer, payloadEnd)) {
            return BadFrame.TRAILER.dead();
        }
        return layout.checkMatches(buffer, frameIndex, payloadEnd) ? 0 : BadFrame.CHECK.dead();
    }

    /** Of the frame of the last positive answer. */
    FrameLayout layout() {
        return layout;
    }

    /** Where the unescaped frame of the last positive answer starts, in the arena or in the buffer itself. */
    int contentIndex() {
        return contentIndex;
    }

    /** Whether that frame is in the arena. */
    boolean isInArena() {
        return isInArena;
    }

    /** Bytes in front of its payload. */
    int headBytes() {
        return headBytes;
    }

    int payloadBytes() {
        return payloadBytes;
    }

    /** Idle bytes in front of the frame of the last positive answer. */
    int fillBytes() {
        return fillBytes;
    }

    /** The first index from {@code from} on that is not idle fill. */
    int skipFill(ByteBuf buffer, int from, int limit) {
        if (escaping != null) {
            return escaping.skipFill(buffer, from, limit);
        }
        return layout.sharedBytes == 0 ? from : skipFlags(buffer, from, limit);
    }

    /** Up to the last flag of a run, which opens the frame behind it. */
    private int skipFlags(ByteBuf buffer, int from, int limit) {
        int flag = layout.sync.byteAt(0);
        int at = from;
        while (at + 1 < limit && buffer.getUnsignedByte(at) == flag && buffer.getUnsignedByte(at + 1) == flag) {
            at++;
        }
        return at;
    }

    /** How many bytes in front of the index, of so many at most, are skipped on the way to it; 0 where it holds no flag. */
    int fillBefore(ByteBuf buffer, int index, int most) {
        if (layout.sharedBytes == 0) {
            return 0;
        }
        int flag = layout.sync.byteAt(0);
        int fill = 0;
        while (fill < most
                && buffer.getUnsignedByte(index - fill) == flag
                && buffer.getUnsignedByte(index - fill - 1) == flag) {
            fill++;
        }
        return fill;
    }

    /** As {@link #nextStart}, but passes over starts of shapes that prove too little where they follow no frame. */
    int nextSearched(ByteBuf buffer, int from, int limit) {
        return shapes == null ? nextStart(buffer, from, limit) : shapes.nextSearched(buffer, from, limit);
    }

    /** The first index from {@code from} on where a frame may start after lost synchronisation; {@code limit} if none. */
    int nextStart(ByteBuf buffer, int from, int limit) {
        if (escaping != null) {
            return escaping.nextStart(buffer, from, limit);
        }
        if (shapes != null) {
            return shapes.nextStart(buffer, from, limit);
        }
        BytePattern sync = layout.sync;
        if (sync.sizeBytes() == 0 || sync.maskAt(0) != 0xff) {
            return from;
        }
        int found = buffer.indexOf(from, limit, (byte) sync.byteAt(0));
        if (found < 0) {
            return limit;
        }
        // Fill in front of a frame must not be kept while that is waited for.
        return layout.sharedBytes == 0 ? found : skipFlags(buffer, found, limit);
    }

    /** Releases the probe's own memory. */
    @Override
    public void close() {
        if (scratch.refCnt() > 0) {
            scratch.release();
        }
    }
}
