package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds lengths that take more bytes the greater they are, by hopping from one to the next as {@link LengthSearch} does. */
final class GrowingSearch {
    private static final int MOST_AT = 4;
    private static final int MOST_TAIL_BYTES = 4;
    private static final int MOST_START = 256;
    private static final int MOST_PLACES = 1 << 15;
    private static final int PLACES_NEARBY = 32;

    private final byte[] bytes;
    private final WorkBound work;

    GrowingSearch(byte[] bytes, WorkBound work) {
        this.bytes = bytes;
        this.work = work;
    }

    /**
     * What was found.
     *
     * @param cut whole frames, as they are in the bytes
     */
    record Found(GrowingGuess guess, Cut cut, double bits) {
        /** The frames without their lengths and unmasked, so that all that follows stands at one place. */
        Cut withoutLengths() {
            byte[] all = new byte[cut.bytes.length];
            int[] starts = new int[cut.frames()];
            int[] lengths = new int[cut.frames()];
            int size = 0;
            for (int i = 0; i < cut.frames(); i++) {
                int start = cut.starts[i];
                int key = guess.keyBytes(cut.bytes, start);
                int field = guess.sizeBytes(cut.bytes, start) + key;
                int behind = start + guess.at() + field;
                System.arraycopy(cut.bytes, start, all, size, guess.at());
                System.arraycopy(cut.bytes, behind, all, size + guess.at(), cut.end(i) - behind);
                for (int at = behind; key > 0 && at < cut.end(i); at++) {
                    all[size + guess.at() + at - behind] ^= cut.bytes[behind - key + (at - behind) % key];
                }
                starts[i] = size;
                lengths[i] = cut.lengths[i] - field;
                size += lengths[i];
            }
            return new Cut(all, starts, lengths);
        }
    }

    /** The same, where frames of another direction are masked as these are not. */
    Found besideMask(Found found) {
        GrowingGuess guess = found.guess().besideMask();
        boolean isMasked = found.guess().kind() == GrowingGuess.Kind.STAGED
                && found.guess().tailBytes() == 0
                && best(guess) != null;
        return isMasked ? new Found(guess, found.cut(), found.bits()) : found;
    }

    List<Found> find() {
        List<Found> found = new ArrayList<>();
        for (GrowingGuess.Kind kind : GrowingGuess.Kind.values()) {
            for (int at = 0; at <= MOST_AT; at++) {
                int mostTail = kind == GrowingGuess.Kind.STAGED_BESIDE_MASK ? 0 : MOST_TAIL_BYTES;
                for (int tail = 0; tail <= mostTail; tail++) {
                    GrowingGuess guess = new GrowingGuess(kind, at, tail);
                    Found best = best(guess);
                    if (best != null) {
                        found.add(best);
                    }
                }
            }
        }
        return found;
    }

    private @org.jspecify.annotations.Nullable Found best(GrowingGuess guess) {
        BitSet walked = new BitSet(bytes.length);
        for (int start = 0; start < Math.min(MOST_START, bytes.length); start++) {
            int frames = frames(guess, start, walked);
            if (frames >= LengthSearch.LEAST_FRAMES) {
                Found found = weighed(guess, cut(guess, start, frames));
                if (found.bits() > 0) {
                    return found;
                }
            }
        }
        return null;
    }

    /** Whole frames up to the end; 0 where they do not lead there. */
    private int frames(GrowingGuess guess, int start, BitSet walked) {
        int at = start;
        int count = 0;
        int sizes = 0;
        boolean isMasked = !guess.mayMask();
        while (count < FrameStart.MOST_FRAMES && work.take(1)) {
            if (at == bytes.length) {
                break;
            }
            int total = guess.total(bytes, at);
            if (total == LengthGuess.NO_FRAME) {
                return bytes.length - at <= MOST_AT + 1 && sizes > 1 ? count : 0;
            }
            if (walked.get(at)) {
                return 0;
            }
            walked.set(at);
            if (total > bytes.length - at) {
                break; // cut off
            }
            sizes |= 1 << Math.min(30, guess.sizeBytes(bytes, at));
            isMasked |= guess.keyBytes(bytes, at) > 0;
            count++;
            at += total;
        }
        if (!isMasked) {
            return 0;
        }
        // A length of one byte always is none that grows.
        return Integer.bitCount(sizes) > 1 ? count : 0;
    }

    private Cut cut(GrowingGuess guess, int start, int frames) {
        int[] starts = new int[frames];
        int[] lengths = new int[frames];
        int at = start;
        for (int i = 0; i < frames; i++) {
            starts[i] = at;
            lengths[i] = guess.total(bytes, at);
            at += lengths[i];
        }
        return new Cut(bytes, starts, lengths);
    }

    /** As {@link ChanceOdds} has it: by how rare places are that look like frames. */
    private Found weighed(GrowingGuess guess, Cut cut) {
        Column[] columns = new Column[guess.at() + guess.tailBytes()];
        double bits = -ChanceOdds.BITS_OF_SEARCH;
        for (int i = 0; i < columns.length; i++) {
            columns[i] = i < guess.at() ? Column.of(cut, i) : Column.fromEnd(cut, i - guess.at());
            bits -= columns[i].distinct() <= ChanceOdds.mostDistinct(cut.frames()) ? ChanceOdds.cost(columns[i]) : 0;
        }
        int step = Math.max(1, bytes.length / MOST_PLACES);
        BitSet starts = new BitSet(bytes.length);
        for (int start : cut.starts) {
            starts.set(start);
        }
        if (!work.take(bytes.length / step + (long) cut.frames() * PLACES_NEARBY)) {
            return new Found(guess, cut, 0);
        }
        double everywhere = odds(guess, cut, columns, starts, 0, bytes.length, step);
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < cut.frames(); i++) {
            int start = cut.starts[i];
            int hash = 31 * cut.lengths[i]
                    + Arrays.hashCode(Arrays.copyOfRange(bytes, start, Math.min(cut.end(i), start + 16)));
            if (seen.add(hash)) {
                int end = Math.min(bytes.length, start + PLACES_NEARBY);
                bits += Math.max(0, Math.min(everywhere, odds(guess, cut, columns, starts, start, end, 1)) - 1);
            }
        }
        return new Found(guess, cut, bits);
    }

    private double odds(GrowingGuess guess, Cut cut, Column[] columns, BitSet starts, int from, int to, int step) {
        int alike = 0;
        int places = 0;
        int longest = 2 * cut.longest();
        for (int at = from; at < to; at += step) {
            if (!starts.get(at)) {
                places++;
                alike += isAlike(guess, cut, longest, columns, at) ? 1 : 0;
            }
        }
        return alike == 0 && step == 1 && to - from <= PLACES_NEARBY
                ? Double.POSITIVE_INFINITY
                : -ChanceOdds.log2((alike + 1.0) / (places + 1.0));
    }

    private boolean isAlike(GrowingGuess guess, Cut cut, int longest, Column[] columns, int at) {
        int total = guess.total(bytes, at);
        if (total == LengthGuess.NO_FRAME || total > bytes.length - at || total > longest) {
            return false;
        }
        for (int i = 0; i < columns.length; i++) {
            int index = i < guess.at() ? at + i : at + total - 1 - (i - guess.at());
            boolean isPattern = columns[i].distinct() <= ChanceOdds.mostDistinct(cut.frames());
            if (isPattern && !columns[i].has(bytes[index] & 0xff)) {
                return false;
            }
        }
        return true;
    }
}
