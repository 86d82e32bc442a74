package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How unlikely it is that frames which are none look as these do. Measured on the recording itself, not on random bytes: what all
 * frames have in common counts for as much as it is rare at the other places of the stream, so that zeros among zeros count for nothing.
 */
final class ChanceOdds {
    /** Places in front of a frame's payload. */
    private static final int MOST_COLUMNS = 16;
    /** More values than a type field has are no pattern. */
    private static final int MOST_VALUES = 32;

    /** Which of two classes a frame is of. */
    private static final double BITS_OF_CLASS = 1;

    private static final int PLACES_NEARBY = 64;
    private static final int MOST_PLACES = 1 << 15;
    /** All guesses together: fields, orders, biases, starts. */
    static final double BITS_OF_SEARCH = 28;

    private static final double[] COSTS = new double[257];

    static {
        for (int distinct = 1; distinct < COSTS.length; distinct++) {
            COSTS[distinct] = COSTS[distinct - 1] + log2((257.0 - distinct) / distinct);
        }
    }

    private ChanceOdds() {}

    private record Pattern(int offset, Column column) {}

    /** Columns in which frames have few values. */
    private static List<Pattern> patterns(Cut cut) {
        List<Pattern> patterns = new ArrayList<>();
        for (int offset = 0; offset < MOST_COLUMNS; offset++) {
            Column column = Column.of(cut, offset);
            int allowed = mostDistinct(column.frames());
            if (2 * column.frames() >= cut.frames() && column.distinct() <= allowed) {
                patterns.add(new Pattern(offset, column));
            }
        }
        return patterns;
    }

    /** The bits by which frames of this length field differ from what lies elsewhere in the bytes. */
    static double bits(Cut cut, LengthGuess guess, WorkBound work) {
        int step = Math.max(1, cut.bytes.length / MOST_PLACES);
        long places = cut.bytes.length / step + (long) cut.frames() * PLACES_NEARBY;
        return work.take(4 * places) ? new OfLength(cut, guess).bits(step) : 0;
    }

    private enum Length {
        SHORT,
        LONG
    }

    private static final class OfLength {
        private final Cut cut;
        private final LengthGuess guess;
        private final List<Pattern> patterns;
        private final int longest;
        private final int shortest;
        private final int reach;
        private final BitSet isStart;

        OfLength(Cut cut, LengthGuess guess) {
            this.cut = cut;
            this.guess = guess;
            patterns = patterns(cut);
            longest = cut.longest();
            shortest = cut.shortest();
            reach = patterns.isEmpty() ? 0 : patterns.get(patterns.size() - 1).offset();
            isStart = new BitSet(cut.bytes.length);
            for (int start : cut.starts) {
                isStart.set(start);
            }
        }

        /** Frames that are too short for all that frames have in common are a class of their own: zeros often look like such. */
        double bits(int step) {
            double ofShort = bits(Length.SHORT, 0, cut.bytes.length, step);
            double ofLong = bits(Length.LONG, 0, cut.bytes.length, step);
            double bits = -cost(patterns) - BITS_OF_SEARCH;
            Set<Integer> seen = new HashSet<>();
            for (int i = 0; i < cut.frames(); i++) {
                // What comes again says nothing new: a run of zeros is full of equal frames, and so is any text that
                // repeats.
                if (seen.add(beginning(i))) {
                    int start = cut.starts[i];
                    Length length = length(cut.lengths[i]);
                    double everywhere = length == Length.LONG ? ofLong : ofShort;
                    double nearby = nearby(length, start, Math.min(cut.bytes.length, start + PLACES_NEARBY));
                    bits += Math.max(0, Math.min(everywhere, nearby) - BITS_OF_CLASS);
                }
            }
            return bits;
        }

        private Length length(int total) {
            return total > reach ? Length.LONG : Length.SHORT;
        }

        private int beginning(int frame) {
            int end = Math.min(cut.end(frame), cut.starts[frame] + MOST_COLUMNS);
            int hash = cut.lengths[frame];
            for (int i = cut.starts[frame]; i < end; i++) {
                hash = 31 * hash + cut.bytes[i];
            }
            return hash;
        }

        /** Traffic is not alike everywhere: a place in zeros lies beside others that look the same. Infinite where none does. */
        private double nearby(Length length, int from, int to) {
            int alike = 0;
            int places = 0;
            for (int at = from; at < to; at++) {
                if (!isStart.get(at)) {
                    places++;
                    alike += isAlike(length, at) ? 1 : 0;
                }
            }
            return alike == 0 && places > 0 ? Double.POSITIVE_INFINITY : -log2((alike + 1.0) / (places + 1.0));
        }

        private double bits(Length length, int from, int to, int step) {
            int alike = 0;
            int places = 0;
            for (int at = from; at < to; at += step) {
                if (!isStart.get(at)) {
                    places++;
                    alike += isAlike(length, at) ? 1 : 0;
                }
            }
            return -log2((alike + 1.0) / (places + 1.0));
        }

        private boolean isAlike(Length length, int at) {
            int total = guess.total(cut.bytes, at + guess.at());
            return total >= shortest
                    && total <= longest
                    && length(total) == length
                    && ChanceOdds.isAlike(cut.bytes, at, total, patterns);
        }
    }

    private static boolean isAlike(byte[] bytes, int at, int total, List<Pattern> patterns) {
        for (Pattern pattern : patterns) {
            int index = at + pattern.offset();
            if (pattern.offset() < total
                    && (index >= bytes.length || !pattern.column().has(bytes[index] & 0xff))) {
                return false;
            }
        }
        return true;
    }

    private static double cost(List<Pattern> patterns) {
        double cost = 0;
        for (Pattern pattern : patterns) {
            cost += cost(pattern.column());
        }
        return cost;
    }

    /** The same of frames that marks have cut out: how rare their common values are among all of their bytes. */
    static double bits(Cut cut) {
        double[] rarity = rarity(cut.bytes, cut.bytes.length);
        double bits = -BITS_OF_SEARCH;
        for (Pattern pattern : patterns(cut)) {
            bits += Math.max(0, gain(pattern.column(), rarity));
        }
        return bits;
    }

    /** How many of the bytes have each value, as a part of them all. */
    static double[] rarity(byte[] bytes, int length) {
        double[] counts = new double[256];
        Arrays.fill(counts, 1);
        for (int i = 0; i < length; i++) {
            counts[bytes[i] & 0xff]++;
        }
        for (int i = 0; i < 256; i++) {
            counts[i] /= length + 256.0;
        }
        return counts;
    }

    static int mostDistinct(int frames) {
        return Math.min(MOST_VALUES, 1 + frames / 8);
    }

    /** What a column of few values is worth against bytes of these parts; negative where naming its values costs more. */
    static double gain(Column column, double[] rarity) {
        if (column.distinct() > mostDistinct(column.frames())) {
            return -1;
        }
        double part = 0;
        for (int value = 0; value < 256; value++) {
            part += column.has(value) ? rarity[value] : 0;
        }
        return -column.frames() * log2(Math.min(1, part)) - cost(column);
    }

    /** What it takes to name the values of a column: one choice of so many out of 256. */
    static double cost(Column column) {
        return COSTS[column.distinct()];
    }

    static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }
}
