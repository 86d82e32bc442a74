package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Tells where the frames of a chain of length fields begin: so far in front of their fields that the last one ends with the stream. */
final class FrameStart {
    /** More frames tell nothing more. */
    static final int MOST_FRAMES = 4_096;

    private static final int MOST_LEADING = 8;

    private FrameStart() {}

    /** A length field with its place in the frame, and the frames that it makes. */
    record Framing(LengthGuess guess, Cut cut) {}

    /** The framings that a chain may be, most likely first. */
    static List<Framing> of(byte[] bytes, LengthSearch.Chain chain) {
        int[] fields = LengthSearch.fieldIndexes(bytes, chain.guess(), chain.firstIndex(), MOST_FRAMES);
        int beyond = fields[fields.length - 1] - bytes.length; // where the next frame's field would lie
        List<Integer> places = new ArrayList<>();
        if (beyond >= 0 && beyond <= LengthSearch.MOST_AT) {
            places.add(beyond);
        }
        int first = chain.firstIndex();
        if (first <= LengthSearch.MOST_AT && !places.contains(first)) {
            places.add(first);
        }
        if (places.isEmpty()) {
            places.add(constantsInFront(bytes, fields));
        }
        List<Framing> framings = new ArrayList<>();
        for (int place : places) {
            cut(bytes, chain.guess().at(place), fields)
                    .ifPresent(cut -> framings.add(new Framing(chain.guess().at(place), cut)));
        }
        return framings;
    }

    /** Where neither end tells: the bytes that are the same in front of all fields. */
    private static int constantsInFront(byte[] bytes, int[] fields) {
        int place = 0;
        while (place < LengthSearch.MOST_AT) {
            Column column = new Column();
            for (int i = fields.length / 4; i < fields.length; i++) {
                int index = fields[i] - place - 1;
                if (index >= 0 && index < bytes.length) {
                    column.add(bytes[index] & 0xff);
                }
            }
            if (!column.isConstant()) {
                return place;
            }
            place++;
        }
        return place;
    }

    private static Optional<Cut> cut(byte[] bytes, LengthGuess guess, int[] fields) {
        int[] starts = new int[fields.length];
        int[] lengths = new int[fields.length];
        int count = 0;
        for (int field : fields) {
            int start = field - guess.at();
            int total = guess.total(bytes, field);
            if (start < 0 || total < guess.end() || total > bytes.length - start) {
                if (count > 0) {
                    break;
                }
                continue;
            }
            starts[count] = start;
            lengths[count++] = total;
        }
        if (count < LengthSearch.LEAST_FRAMES) {
            return Optional.empty();
        }
        Cut all = new Cut(bytes, Arrays.copyOf(starts, count), Arrays.copyOf(lengths, count));
        Cut cut = withoutForeign(all, guess);
        return cut.frames() < LengthSearch.LEAST_FRAMES ? Optional.empty() : Optional.of(cut);
    }

    /** Without what leads to the first frame by chance: it lacks what all frames have, or is far longer than any. */
    private static Cut withoutForeign(Cut all, LengthGuess guess) {
        int leading = Math.min(MOST_LEADING, all.frames() / 4);
        Cut sure = all.from(leading);
        int longest = sure.longest();
        int first = leading;
        while (first > 0 && all.lengths[first - 1] <= 4 * longest && isLike(all, first - 1, sure, guess)) {
            first--;
        }
        return all.from(first);
    }

    private static boolean isLike(Cut all, int frame, Cut sure, LengthGuess guess) {
        for (int offset = 0; offset < guess.at() + guess.size() + 2; offset++) {
            boolean isOfLength = offset >= guess.at() && offset < guess.end();
            Column column = Column.of(sure, offset);
            if (!isOfLength
                    && column.isConstant()
                    && column.frames() == sure.frames()
                    && offset < all.lengths[frame]
                    && all.at(frame, offset) != column.first()) {
                return false;
            }
        }
        return true;
    }

    /** The frames of another direction that the same guess makes, from wherever they begin. */
    static Optional<Cut> inAnother(byte[] bytes, LengthGuess guess, Cut known, WorkBound work) {
        Optional<Cut> best = Optional.empty();
        int lastStart = Math.min(bytes.length, LengthSearch.MOST_PREAMBLE_BYTES);
        for (int start = 0; start < lastStart; start++) {
            int total = guess.total(bytes, start + guess.at());
            if (total < guess.end() || total > Math.max(4 * known.longest(), 64) || total > bytes.length - start) {
                continue;
            }
            int[] fields = LengthSearch.fieldIndexes(bytes, guess, start + guess.at(), MOST_FRAMES);
            if (!work.take(fields.length)) {
                return best;
            }
            int end = fields[fields.length - 1] - guess.at();
            boolean isWhole =
                    fields.length > MOST_FRAMES - 1 || end == bytes.length || end + guess.end() > bytes.length;
            Optional<Cut> cut = isWhole ? cutAny(bytes, guess, fields) : Optional.empty();
            if (cut.isPresent() && hasConstantsOf(known, cut.get(), guess)) {
                return cut; // the first place from which the end is reached
            }
        }
        return best;
    }

    private static Optional<Cut> cutAny(byte[] bytes, LengthGuess guess, int[] fields) {
        int count = 0;
        int[] starts = new int[fields.length];
        int[] lengths = new int[fields.length];
        for (int field : fields) {
            int total = guess.total(bytes, field);
            int start = field - guess.at();
            if (total < guess.end() || total > bytes.length - start) {
                break;
            }
            starts[count] = start;
            lengths[count++] = total;
        }
        return count == 0
                ? Optional.empty()
                : Optional.of(new Cut(bytes, Arrays.copyOf(starts, count), Arrays.copyOf(lengths, count)));
    }

    private static boolean hasConstantsOf(Cut known, Cut other, LengthGuess guess) {
        for (int frame = 0; frame < other.frames(); frame++) {
            if (!isLike(other, frame, known, guess)) {
                return false;
            }
        }
        return true;
    }
}
