package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds length fields: a guess is right when hopping from field to field leads to the end of the stream, and the bytes around the
 * fields have something in common. Where the frame begins in front of its field is told by where the last one ends.
 *
 * <p>Chains of one guess join each other, so that each place is walked over once for each guess, wherever a walk began.
 */
final class LengthSearch {
    /** Length fields lie in front: BGP's, behind a marker of 16 bytes, is the farthest known. */
    static final int MOST_AT = 20;
    /** Logins in front of the first frame, or the rest of one whose beginning is not there. */
    static final int MOST_PREAMBLE_BYTES = 8_192;

    static final int LEAST_FRAMES = 3;

    private static final int LEAST_BIAS = -8;
    private static final int MOST_BIAS = 48;
    /** So many frames tell a good chain from a bad one; the others are looked at later. */
    private static final int MOST_HOPS = 512;
    /** Chains of one guess that are looked at. */
    private static final int MOST_CHAINS_A_GUESS = 12;

    /** A chain from the beginning that is so sure leaves no question where the first frame is. */
    private static final double GAIN_OF_A_BEGINNING = 300;

    /** Zeros that fill text up look like empty frames: what lies in front of a chain must add more than those would. */
    private static final double ADVANTAGE_BEHIND_TEXT = 1.05;

    private static final int DEAD = -1;

    private static final int KEPT = 512;
    private static final int NEARBY = 24;
    private static final int HOPS_OF_KEY = 32;
    private static final int HOPS_OF_TAIL = 32;
    private static final int HOPS_OF_CHAIN = 128;
    private static final int COLUMNS_BEFORE = 8;
    private static final int COLUMNS_BEHIND = 12;

    private static final double[] BITS_NEARBY = new double[NEARBY + 1];

    static {
        for (int alike = 0; alike <= NEARBY; alike++) {
            BITS_NEARBY[alike] =
                    alike == 0 ? Double.POSITIVE_INFINITY : -ChanceOdds.log2((alike + 1.0) / (NEARBY + 1.0));
        }
    }

    private final byte[] bytes;
    private final WorkBound work;
    private final double[] rarity;
    private final int[] stamps;
    private final int[] hops = new int[MOST_HOPS];
    private final Set<Integer> seen = new HashSet<>();
    private final Map<Integer, Boolean> tails = new HashMap<>();
    private final Column[] columns = new Column[COLUMNS_BEFORE + COLUMNS_BEHIND];
    private final int[] offsets = new int[COLUMNS_BEFORE + COLUMNS_BEHIND];
    private double advantage = 1;
    private int stamp;
    private final byte[] endOf;
    private final int[] framesFrom;
    private int ends;
    private final int[] most = new int[MOST_CHAINS_A_GUESS + 1];
    private final int[] mostFrom = new int[MOST_CHAINS_A_GUESS + 1];
    private final Map<Long, Chain> best = new HashMap<>();

    /** Fields that lie as far apart as they say, from the first index on. */
    record Chain(LengthGuess guess, int firstIndex, double gain) {}

    LengthSearch(byte[] bytes, WorkBound work) {
        this.bytes = bytes;
        this.work = work;
        rarity = ChanceOdds.rarity(bytes, bytes.length);
        stamps = new int[bytes.length];
        endOf = new byte[bytes.length];
        framesFrom = new int[bytes.length];
    }

    /** The best chains, best first; where their frames begin is not known yet. */
    List<Chain> chains() {
        int textEnd = Preamble.textEnd(bytes, MOST_PREAMBLE_BYTES);
        advantage = textEnd > 0 ? ADVANTAGE_BEHIND_TEXT : 1;
        each(guess -> walkFromNear(guess, textEnd));
        if (most() < GAIN_OF_A_BEGINNING) {
            advantage = 1;
            int lastStart = Math.min(bytes.length, MOST_PREAMBLE_BYTES + MOST_AT);
            each(guess -> walkFromBehind(guess, lastStart));
        }
        List<Chain> chains = new ArrayList<>(best.values());
        chains.sort(Comparator.comparingDouble(Chain::gain).reversed());
        return chains;
    }

    private double most() {
        return best.values().stream().mapToDouble(Chain::gain).max().orElse(0);
    }

    private static void each(Consumer<LengthGuess> walk) {
        for (LengthGuess field : fields()) {
            for (int bias = LEAST_BIAS; bias <= MOST_BIAS; bias++) {
                walk.accept(field.bias(bias));
            }
        }
    }

    /** Size, order, and the bits beside flags above or below. */
    private static List<LengthGuess> fields() {
        List<LengthGuess> fields = new ArrayList<>();
        for (int bits : new int[] {8, 7, 6}) {
            fields.add(new LengthGuess(0, 1, Endian.BIG, 0, bits, 0));
        }
        for (Endian endian : Endian.values()) {
            for (int bits = 16; bits >= 9; bits--) {
                fields.add(new LengthGuess(0, 2, endian, 0, bits, 0));
            }
            for (int shift = 1; shift <= 6; shift++) {
                fields.add(new LengthGuess(0, 2, endian, shift, 16 - shift, 0));
            }
            for (int bits : new int[] {24, 23, 22, 20}) {
                fields.add(new LengthGuess(0, 3, endian, 0, bits, 0));
            }
            for (int bits : new int[] {32, 31, 30, 28}) {
                fields.add(new LengthGuess(0, 4, endian, 0, bits, 0));
            }
        }
        return fields;
    }

    /**
     * A stream that begins with a frame, or with one behind text: its field is near, and no other chain that joins this one must stand
     * for it. What ends the text may be the beginning of the frame, and comes after what lies behind it.
     */
    private void walkFromNear(LengthGuess guess, int place) {
        if (!work.take(MOST_AT)) {
            return;
        }
        tails.clear();
        for (int start = place; start <= Math.min(place + MOST_AT, bytes.length - 1); start++) {
            walkFrom(guess, start);
        }
        for (int start = place - 1; start >= Math.max(0, place - MOST_AT); start--) {
            walkFrom(guess, start);
        }
    }

    private void walkFrom(LengthGuess guess, int start) {
        ends = 0;
        stamp++;
        hop(guess, start);
        if (ends > 0 && most[0] >= LEAST_FRAMES) {
            weigh(guess, start, collect(guess, start, most[0]));
        }
    }

    /** One that begins with something else, or within a frame. */
    private void walkFromBehind(LengthGuess guess, int lastStart) {
        if (!work.take(lastStart)) {
            return;
        }
        tails.clear();
        ends = 0;
        stamp++;
        for (int start = MOST_AT + 1; start < lastStart && ends < MOST_CHAINS_A_GUESS; start++) {
            if (stamps[start] != stamp) {
                hop(guess, start);
            }
        }
        for (int i = 0; i < ends; i++) {
            if (most[i] >= LEAST_FRAMES) {
                int count = collect(guess, mostFrom[i], most[i]);
                int foreign = Math.max(0, count - HOPS_OF_CHAIN); // what leads to the first frame by chance
                System.arraycopy(hops, foreign, hops, 0, count - foreign);
                weigh(guess, hops[0], count - foreign);
            }
        }
    }

    /** Walks to the end, or to a place that was walked over before. Of chains with one end that with most frames is kept. */
    private void hop(LengthGuess guess, int start) {
        int count = 0;
        int longest = 0;
        int at = start;
        int end = DEAD;
        int behind = 0;
        while (count < MOST_HOPS) {
            if (at < bytes.length && stamps[at] == stamp) {
                end = endOf[at];
                behind = end == DEAD ? 0 : framesFrom[at];
                break;
            }
            int total = at >= bytes.length ? LengthGuess.NO_FRAME : guess.total(bytes, at);
            // A frame that was cut off may reach beyond the end; a number that reaches far beyond is no length.
            boolean isBeyond = total > bytes.length - at + MOST_AT;
            if (total == LengthGuess.NO_FRAME || (isBeyond && total > 4L * longest)) {
                boolean isAtEnd = at > bytes.length - guess.size() && at <= bytes.length + MOST_AT;
                end = isAtEnd ? ends : DEAD;
                if (at < bytes.length) {
                    mark(at, end, 0);
                }
                break;
            }
            if (isBeyond) {
                end = ends;
                mark(at, end, 0);
                break;
            }
            stamps[at] = stamp;
            hops[count++] = at;
            longest = Math.max(longest, total);
            at += total;
        }
        work.take(count);
        end = count == MOST_HOPS ? ends : end;
        for (int i = count - 1; i >= 0; i--) {
            mark(hops[i], end, behind + count - i);
        }
        if (end != DEAD) {
            if (end == ends) {
                most[ends++] = 0;
            }
            if (behind + count > most[end]) {
                most[end] = behind + count;
                mostFrom[end] = start;
            }
        }
    }

    private void mark(int at, int end, int frames) {
        stamps[at] = stamp;
        endOf[at] = (byte) end;
        framesFrom[at] = frames;
    }

    private int collect(LengthGuess guess, int start, int most) {
        int count = 0;
        int at = start;
        while (count < Math.min(MOST_HOPS, most)) {
            hops[count++] = at;
            at += guess.total(bytes, at);
        }
        return count;
    }

    /** Whether the end of a chain, which many of one guess share, has anything in common. */
    private boolean tells(LengthGuess guess, int count) {
        int from = count - HOPS_OF_TAIL;
        Boolean known = tails.get(hops[from]);
        if (known == null) {
            known = work.take(HOPS_OF_TAIL * (COLUMNS_BEFORE + COLUMNS_BEHIND))
                    && hasTwoLengths(guess, from, count)
                    && gain(from, count) > 0;
            tails.put(hops[from], known);
        }
        return known;
    }

    private void weigh(LengthGuess guess, int start, int count) {
        if (count > HOPS_OF_TAIL && !tells(guess, count)) {
            return;
        }
        double gain = work.take((long) count * (COLUMNS_BEFORE + COLUMNS_BEHIND)) && hasTwoLengths(guess, 0, count)
                ? gain(0, count)
                : 0;
        if (gain <= 0) {
            return;
        }
        Chain chain = new Chain(guess, start, gain);
        best.merge(key(guess, count), chain, this::better);
        if (best.size() > 2 * KEPT) {
            List<Double> gains =
                    best.values().stream().map(Chain::gain).sorted().toList();
            double least = gains.get(gains.size() - KEPT);
            best.values().removeIf(kept -> kept.gain() < least);
        }
    }

    /** The better field; of the same the chain that is more likely, for one that begins elsewhere joins it later. */
    private Chain better(Chain one, Chain two) {
        if (one.guess().equals(two.guess())) {
            return two.gain() > advantage * one.gain() ? two : one;
        }
        boolean isSameStart = Math.abs(one.firstIndex()
                        + one.guess().leastPlace()
                        - two.firstIndex()
                        - two.guess().leastPlace())
                == 0;
        if (!isSameStart && Math.abs(one.gain() - two.gain()) > 0.2 * Math.max(one.gain(), two.gain())) {
            return one.gain() > two.gain() ? one : two;
        }
        return FieldPreference.isBetter(one.guess(), two.guess()) ? one : two;
    }

    /** The same where one field was seen with more or fewer of its bits. */
    private long key(LengthGuess guess, int count) {
        long key = 0;
        for (int i = Math.max(0, count - HOPS_OF_KEY); i < count; i++) {
            key = 31 * key + hops[i] + guess.leastPlace();
        }
        return key;
    }

    /** As {@link ChanceOdds} has it, of fewer places. */
    private double gain(int from, int count) {
        double bitsOfFrame = 0;
        double cost = 0;
        int patterns = 0;
        for (int offset = -COLUMNS_BEFORE; offset < COLUMNS_BEHIND; offset++) {
            Column column = column(offset, from, count);
            double gain = column.frames() == 0 ? 0 : ChanceOdds.gain(column, rarity);
            if (gain > 0) {
                bitsOfFrame += (gain + ChanceOdds.cost(column)) / column.frames();
                cost += ChanceOdds.cost(column);
                columns[patterns] = column;
                offsets[patterns++] = offset;
            }
        }
        if (patterns == 0) {
            return 0;
        }
        double gain = -cost;
        seen.clear();
        for (int i = from; i < count; i++) {
            if (seen.add(beginning(hops[i]))) {
                gain += Math.min(bitsOfFrame, nearby(hops[i], i + 1 < count ? hops[i + 1] : -1, patterns));
            }
        }
        work.take(seen.size() * (long) NEARBY);
        return gain;
    }

    private Column column(int offset, int from, int count) {
        Column column = new Column();
        int mostDistinct = ChanceOdds.mostDistinct(count - from);
        for (int i = count > 2 * LEAST_FRAMES ? from + 1 : from; i < count; i++) {
            int index = hops[i] + offset;
            if (index >= 0 && index < bytes.length) {
                column.add(bytes[index] & 0xff);
                if (column.distinct() > mostDistinct) {
                    break; // no pattern
                }
            }
        }
        return column;
    }

    private int beginning(int index) {
        int hash = 0;
        for (int i = index; i < Math.min(index + COLUMNS_BEHIND, bytes.length); i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    private double nearby(int index, int next, int patterns) {
        int alike = 0;
        int last = Math.min(index + NEARBY, bytes.length - 1);
        for (int at = index + 1; at <= last; at++) {
            alike += at != next && isAlike(at, patterns) ? 1 : 0;
        }
        return BITS_NEARBY[alike];
    }

    private boolean isAlike(int at, int patterns) {
        for (int i = 0; i < patterns; i++) {
            int index = at + offsets[i];
            if (index >= 0 && index < bytes.length && !columns[i].has(bytes[index] & 0xff)) {
                return false;
            }
        }
        return true;
    }

    /** Frames of one length say nothing of a length field: any byte that is always the same would be one. */
    private boolean hasTwoLengths(LengthGuess guess, int from, int count) {
        int first = guess.total(bytes, hops[count - 1]);
        for (int i = from; i < count - 1; i++) {
            if (guess.total(bytes, hops[i]) != first) {
                return true;
            }
        }
        return false;
    }

    /** The fields of a chain, whole frames only; {@code behind} is added where the next would lie. */
    static int[] fieldIndexes(byte[] bytes, LengthGuess guess, int firstIndex, int most) {
        int[] indexes = new int[64];
        int count = 0;
        int at = firstIndex;
        while (count < most) {
            if (count == indexes.length) {
                indexes = Arrays.copyOf(indexes, 2 * count);
            }
            indexes[count++] = at;
            int total = guess.total(bytes, at);
            if (total == LengthGuess.NO_FRAME) {
                break;
            }
            at += total;
        }
        return Arrays.copyOf(indexes, count);
    }
}
