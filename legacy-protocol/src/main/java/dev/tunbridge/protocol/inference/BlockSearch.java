package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds frames whose payload has a check behind each block, which their length does not count (DNP3). Such a length leads nowhere by
 * itself, so the first two bytes come first: how far apart they stand tells how frames grow with a number in them.
 */
final class BlockSearch {
    /** What syncs, fields and blocks were tried; the boundaries alone say nothing for what was found, so that its checks must say all. */
    static final double BITS_OF_SEARCH = 32;

    private static final int SYNC_BYTES = 2;
    private static final int LEAST_FRAMES = 8;
    private static final int PAIRS = 1 << 16;
    private static final int MOST_AT = 8;
    /** Distances between neighbours that are looked at. */
    private static final int MOST_DISTANCES = 40;

    private static final double LEAST_PART_FITTING = 0.75;
    private static final int LEAST_BLOCK_BYTES = 8;
    private static final int[] BLOCK_BYTES = {LEAST_BLOCK_BYTES, 16, 32, 64, 128, 256};
    private static final int MOST_CHECK_BYTES = 4;
    private static final int[] CHECK_BYTES = {1, 2, MOST_CHECK_BYTES};
    /** By how much frames are longer than their length says, beside the checks. */
    private static final int MOST_BIAS = 48;
    /** What the length of an empty payload is. */
    private static final int MOST_OF_EMPTY = 24;

    private final byte[] bytes;
    private final WorkBound work;

    private BlockSearch(byte[] bytes, WorkBound work) {
        this.bytes = bytes;
        this.work = work;
    }

    /**
     * How frames grow.
     *
     * @param length says what a frame has without the checks of its blocks
     * @param empty what the length says of an empty payload
     */
    private record Growth(LengthGuess length, int empty, int blockBytes, int checkBytes) {
        int payloadAt() {
            return length.bias() + empty;
        }

        int total(byte[] bytes, int start) {
            int total = length.total(bytes, start + length.at());
            int payload = total - payloadAt();
            return total == LengthGuess.NO_FRAME || payload < 0 || payloadAt() < length.end()
                    ? LengthGuess.NO_FRAME
                    : total + blocks(payload) * checkBytes;
        }

        int blocks(int payloadBytes) {
            return (payloadBytes + blockBytes - 1) / blockBytes;
        }
    }

    /**
     * What was found.
     *
     * @param cut frames without the checks of their blocks
     */
    record Found(LengthGuess length, int payloadAt, CheckGuess check, Cut cut, int start) {}

    static Optional<Found> of(byte[] bytes, WorkBound work) {
        BlockSearch search = new BlockSearch(bytes, work);
        return search.syncs().stream()
                .flatMap(places -> search.behind(places).stream())
                .max(Comparator.comparingDouble(found -> found.check().bits()));
    }

    /** The first places of each two bytes that stand together far more often than by chance. */
    private List<int[]> syncs() {
        if (!work.take(4L * bytes.length + PAIRS)) {
            return List.of();
        }
        double[] rarity = ChanceOdds.rarity(bytes, bytes.length);
        int[] counts = new int[PAIRS];
        for (int at = 0; at + 1 < bytes.length; at++) {
            counts[pair(at)]++;
        }
        int[][] placesOf = new int[PAIRS][];
        List<int[]> syncs = new ArrayList<>();
        for (int pair = 0; pair < PAIRS; pair++) {
            double expected = bytes.length * rarity[pair >>> 8] * rarity[pair & 0xff];
            if (counts[pair] >= LEAST_FRAMES && counts[pair] > 2 * expected) {
                placesOf[pair] = new int[Math.min(counts[pair], MOST_DISTANCES + 1)];
                syncs.add(placesOf[pair]);
            }
        }
        int[] found = new int[PAIRS];
        for (int at = 0; at + 1 < bytes.length; at++) {
            int[] places = placesOf[pair(at)];
            if (places != null && found[pair(at)] < places.length) {
                places[found[pair(at)]++] = at;
            }
        }
        return syncs;
    }

    private int pair(int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    private Optional<Found> behind(int[] places) {
        List<Found> found = new ArrayList<>();
        for (int size = 1; size <= 2; size++) {
            for (int at = SYNC_BYTES; at <= MOST_AT; at++) {
                for (Endian endian : size == 1 ? List.of(Endian.BIG) : List.of(Endian.values())) {
                    for (Growth growth : growths(places, new LengthGuess(at, size, endian, 0, 8 * size, 0))) {
                        walked(places, growth).ifPresent(found::add);
                    }
                }
            }
        }
        return found.stream()
                .max(Comparator.comparingDouble(each -> each.check().bits()));
    }

    /** Those by which most neighbours stand as far apart as the field says, with blocks that make a difference. */
    private List<Growth> growths(int[] places, LengthGuess field) {
        int count = places.length - 1;
        int[] values = new int[count];
        int[] distances = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = field.size() > bytes.length - places[i] - field.at()
                    ? 0
                    : (int) LengthGuess.raw(bytes, places[i] + field.at(), field.size(), field.endian());
            distances[i] = places[i + 1] - places[i];
        }
        List<Growth> growths = new ArrayList<>();
        if (!work.take(2L * count) || !mayGrow(values, distances)) {
            return growths;
        }
        for (int blockBytes : BLOCK_BYTES) {
            for (int checkBytes : CHECK_BYTES) {
                for (int empty = 0; empty <= MOST_OF_EMPTY && work.take(2L * count); empty++) {
                    growth(field, values, distances, empty, blockBytes, checkBytes)
                            .ifPresent(growths::add);
                }
            }
        }
        return growths;
    }

    /** Whether frames with any blocks could be so long; of bytes that are no length that is soon refuted. */
    private static boolean mayGrow(int[] values, int[] distances) {
        int fitting = 0;
        for (int i = 0; i < values.length; i++) {
            int mostOfChecks = MOST_CHECK_BYTES * (values[i] / LEAST_BLOCK_BYTES + 1);
            int more = distances[i] - values[i];
            fitting += more > -MOST_OF_EMPTY && more <= MOST_BIAS + mostOfChecks ? 1 : 0;
        }
        return fitting >= LEAST_PART_FITTING * values.length;
    }

    private static Optional<Growth> growth(
            LengthGuess field, int[] values, int[] distances, int empty, int blockBytes, int checkBytes) {
        int[] biases = new int[values.length];
        Set<Integer> blocks = new HashSet<>();
        for (int i = 0; i < values.length; i++) {
            int count = Math.max(0, (values[i] - empty + blockBytes - 1) / blockBytes);
            biases[i] = distances[i] - values[i] - count * checkBytes;
            blocks.add(count);
        }
        int[] sorted = biases.clone();
        Arrays.sort(sorted);
        int bias = sorted[sorted.length / 2]; // of most, if of most there is one
        long fitting = Arrays.stream(biases).filter(each -> each == bias).count();
        boolean isRight = fitting >= LEAST_PART_FITTING * values.length && blocks.size() > 2 && bias + empty > 0;
        return isRight ? Optional.of(new Growth(field.bias(bias), empty, blockBytes, checkBytes)) : Optional.empty();
    }

    private Optional<Found> walked(int[] places, Growth growth) {
        int start = places[0];
        int sync = pair(start);
        List<Integer> starts = new ArrayList<>();
        int at = start;
        while (at + 1 < bytes.length && pair(at) == sync && starts.size() < FrameStart.MOST_FRAMES && work.take(1)) {
            int total = growth.total(bytes, at);
            if (total == LengthGuess.NO_FRAME || total > bytes.length - at) {
                break; // cut by the end
            }
            starts.add(at);
            at += total;
        }
        boolean isWhole = bytes.length - at <= 1 || pair(at) == sync;
        return starts.size() >= LEAST_FRAMES && isWhole ? found(growth, starts, start) : Optional.empty();
    }

    private Optional<Found> found(Growth growth, List<Integer> frames, int start) {
        byte[] stripped = new byte[bytes.length];
        int[] starts = new int[frames.size()];
        int[] lengths = new int[frames.size()];
        List<Integer> blockStarts = new ArrayList<>();
        List<Integer> blockLengths = new ArrayList<>();
        int used = 0;
        for (int i = 0; i < starts.length; i++) {
            int from = frames.get(i);
            starts[i] = used;
            lengths[i] = growth.length().total(bytes, from + growth.length().at());
            System.arraycopy(bytes, from, stripped, used, growth.payloadAt());
            used += growth.payloadAt();
            int at = from + growth.payloadAt();
            for (int left = lengths[i] - growth.payloadAt(); left > 0; left -= growth.blockBytes()) {
                int block = Math.min(left, growth.blockBytes());
                System.arraycopy(bytes, at, stripped, used, block);
                blockStarts.add(at);
                blockLengths.add(block + growth.checkBytes());
                at += block + growth.checkBytes();
                used += block;
            }
        }
        Cut blocks = new Cut(bytes, ints(blockStarts), ints(blockLengths));
        Cut cut = new Cut(Arrays.copyOf(stripped, used), starts, lengths);
        return blocks.frames() == 0
                ? Optional.empty()
                : new CheckSearch(blocks, work)
                        .behind(0)
                        .filter(check -> check.sizeBytes() == growth.checkBytes() && check.from() == 0)
                        .map(check -> new Found(
                                growth.length(), growth.payloadAt(), check.ofBlocks(growth.blockBytes()), cut, start));
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }
}
