package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds frames that a byte ends which stands nowhere else. Any byte cuts a stream into pieces, so what speaks for one is that pieces
 * begin or end alike, and that each piece counts once, however often it comes.
 */
final class EndSearch {
    /** Line feed, zero, carriage return, ETX, EOT, ETB, and the separators FS, GS and RS: others end frames seldom, and are parts of many. */
    private static final int[] ENDS = {'\n', 0, '\r', 0x03, 0x04, 0x17, 0x1C, 0x1D, 0x1E};

    private static final int COLUMNS = 6;
    private static final int LEAST_FRAMES = 8;
    /** Behind any byte some are commoner than elsewhere; that makes a bit or so of each of many pieces. */
    private static final double LEAST_BITS_OF_FRAME = 3;

    private final byte[] bytes;
    private final double[] rarity;

    private EndSearch(byte[] bytes) {
        this.bytes = bytes;
        rarity = ChanceOdds.rarity(bytes, bytes.length);
    }

    /** What lies in front of each such byte, without those that nothing lies in front of; a piece that the recording cuts is left out. */
    record Found(int end, Cut cut, double bits) {}

    /** Those that are more likely than chance. */
    static List<Found> of(byte[] bytes, WorkBound work) {
        List<Found> found = new ArrayList<>();
        EndSearch search = new EndSearch(bytes);
        for (int end : ENDS) {
            if (work.take(2L * bytes.length)) {
                search.endedBy(end).ifPresent(found::add);
            }
        }
        return found;
    }

    private Optional<Found> endedBy(int end) {
        int[] starts = new int[bytes.length / 2 + 1];
        int[] lengths = new int[starts.length];
        int count = 0;
        int from = 0;
        for (int at = 0; at < bytes.length && count < FrameStart.MOST_FRAMES; at++) {
            if ((bytes[at] & 0xff) == end) {
                if (at > from) {
                    starts[count] = from;
                    lengths[count++] = at - from;
                }
                from = at + 1;
            }
        }
        if (count < LEAST_FRAMES) {
            return Optional.empty();
        }
        Cut cut = new Cut(bytes, Arrays.copyOf(starts, count), Arrays.copyOf(lengths, count));
        double bits = bits(cut);
        return bits > 0 ? Optional.of(new Found(end, cut, bits)) : Optional.empty();
    }

    private double bits(Cut cut) {
        Set<Integer> seen = new HashSet<>();
        Cut unlike = cut.where(
                frame -> seen.add(Arrays.hashCode(Arrays.copyOfRange(bytes, cut.starts[frame], cut.end(frame)))));
        if (unlike.frames() < LEAST_FRAMES) {
            return 0;
        }
        // The best column of each end alone: what stands side by side in frames often does so elsewhere.
        double inFront = 0;
        double behind = 0;
        for (int offset = 0; offset < COLUMNS; offset++) {
            inFront = Math.max(inFront, gain(Column.of(unlike, offset), unlike));
            behind = Math.max(behind, gain(Column.fromEnd(unlike, offset), unlike));
        }
        boolean isTelling = inFront + behind >= LEAST_BITS_OF_FRAME * unlike.frames();
        return isTelling ? inFront + behind - ChanceOdds.BITS_OF_SEARCH : 0;
    }

    /** Of a column that all but a few frames reach. */
    private double gain(Column column, Cut cut) {
        return 2 * column.frames() < cut.frames() ? 0 : Math.max(0, ChanceOdds.gain(column, rarity));
    }
}
