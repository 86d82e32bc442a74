package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The layouts of a format whose frames have many shapes, told apart by their first byte.
 *
 * <p>Behind a bad frame only those are looked for that prove enough by themselves: a frame that is one byte (FT1.2's E5) would be found in
 * any payload. The others count where a frame has ended, as every frame does that follows another.
 */
final class FrameShapes {
    private static final int NONE = -1;

    private final List<FrameLayout> layouts = new ArrayList<>();
    /** Of each first byte, the place of its layout; or none. */
    private final int[] byFirstByte = new int[256];

    private final boolean[] isSearched = new boolean[256];
    private final ByteProcessor beginsNone = value -> byFirstByte[value & 0xff] == NONE;
    private final ByteProcessor isNotSearched = value -> !isSearched[value & 0xff];

    FrameShapes(FrameFormat format, Function<ChecksumAlgorithm, Checksum> newChecksum) {
        Arrays.fill(byFirstByte, NONE);
        for (FrameFormat shape : format.shapes()) {
            int first = shape.sync().byteAt(0);
            byFirstByte[first] = layouts.size();
            isSearched[first] = shape.canResynchronise();
            layouts.add(new FrameLayout(shape, format.fields(), newChecksum));
        }
    }

    /** Any; the first of the description. */
    FrameLayout first() {
        return layouts.get(0);
    }

    /** That of frames with this first byte, or null. */
    @Nullable
    FrameLayout of(int firstByte) {
        int shape = byFirstByte[firstByte];
        return shape == NONE ? null : layouts.get(shape);
    }

    /** That in which frames of this type are written. */
    FrameLayout ofType(String name, int type) {
        for (int i = 0; i < layouts.size(); i++) { // an iterator would be garbage of each frame
            if (layouts.get(i).holdsType(type)) {
                return layouts.get(i);
            }
        }
        throw new IllegalArgumentException("no shape of format " + name + " has frames of type "
                + Integer.toUnsignedString(type) + "; allowed: one of its types");
    }

    boolean hasBlocksOrGrows() {
        return layouts.stream().anyMatch(layout -> layout.growing != null || layout.blocks != null);
    }

    /** The first index from {@code from} on where a frame of some shape may begin; {@code limit} if none. */
    int nextStart(ByteBuf buffer, int from, int limit) {
        return behind(beginsNone, buffer, from, limit);
    }

    /** The same of shapes that prove enough. */
    int nextSearched(ByteBuf buffer, int from, int limit) {
        return behind(isNotSearched, buffer, from, limit);
    }

    private static int behind(ByteProcessor passedOver, ByteBuf buffer, int from, int limit) {
        int found = from < limit ? buffer.forEachByte(from, limit - from, passedOver) : NONE;
        return found < 0 ? limit : found;
    }
}
