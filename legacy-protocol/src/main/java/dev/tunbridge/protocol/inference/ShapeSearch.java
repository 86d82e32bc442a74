package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Finds frames of many shapes, told apart by their first byte. One shape comes first: behind many frames with its first byte lies that
 * byte again, far more often than beside that place. What else lies there are the first bytes of the others, whose lengths must lead
 * to first bytes again; and all together must lead through the whole stream.
 */
final class ShapeSearch {
    private static final int MOST_SHAPES = 6;
    private static final int LEAST_FRAMES = 8;
    private static final int LEAST_OF_SHAPE = 2;
    /** Places of one byte that are looked at. */
    private static final int MOST_PLACES = 512;
    /** On either side of where a frame should begin. */
    private static final int PLACES_BESIDE = 4;

    /** Frames of one length that count. */
    private static final int MOST_OF_LENGTH = 2;

    private static final int LEAST_LENGTHS = 3;
    private static final int MOST_SEEDS = 16;
    private static final double LEAST_BITS_OF_SEED = 30;
    /** Which byte and which length, of each shape. */
    private static final double BITS_OF_SHAPE = 17;

    private final byte[] bytes;
    private final WorkBound work;
    private final double[] rarity;
    private final int[][] placesOf = new int[256][];

    private ShapeSearch(byte[] bytes, WorkBound work) {
        this.bytes = bytes;
        this.work = work;
        rarity = ChanceOdds.rarity(bytes, bytes.length);
    }

    /**
     * What was found.
     *
     * @param shapes by their first bytes, with some that no frame has
     * @param frames by their first bytes too
     * @param start of the first frame
     */
    record Found(Map<Integer, ShapeGuess> shapes, Map<Integer, Cut> frames, int start, double bits) {
        ShapeGuess shape(int first) {
            return Objects.requireNonNull(shapes.get(first));
        }

        int count() {
            return frames.values().stream().mapToInt(Cut::frames).sum();
        }
    }

    private record Seed(int first, ShapeGuess shape, double bits) {}

    /** The most likely; empty where frames have one shape, or nothing is more likely than chance. */
    static Optional<Found> of(byte[] bytes, WorkBound work) {
        return new ShapeSearch(bytes, work).find();
    }

    private Optional<Found> find() {
        return seeds().stream().flatMap(seed -> from(seed).stream()).max(Comparator.comparingDouble(Found::bits));
    }

    private List<Seed> seeds() {
        int[] counts = new int[256];
        for (int first = 0; first < 256; first++) {
            placesOf[first] = new int[MOST_PLACES];
        }
        for (int at = 0; at < bytes.length; at++) {
            int value = bytes[at] & 0xff;
            if (counts[value] < MOST_PLACES) {
                placesOf[value][counts[value]++] = at;
            }
        }
        List<Seed> seeds = new ArrayList<>();
        for (int first = 0; first < 256; first++) {
            placesOf[first] = Arrays.copyOf(placesOf[first], counts[first]);
            Seed best = null;
            for (ShapeGuess shape : ShapeGuess.candidates()) {
                boolean mayBe = shape.length().isPresent()
                        && counts[first] >= LEAST_FRAMES
                        && work.take((long) counts[first] * (1 + 2 * PLACES_BESIDE));
                double bits = mayBe ? bitsOf(first, shape) : 0;
                best = bits > (best == null ? LEAST_BITS_OF_SEED : best.bits()) ? new Seed(first, shape, bits) : best;
            }
            if (best != null) {
                seeds.add(best);
            }
        }
        seeds.sort(Comparator.comparingDouble(Seed::bits).reversed());
        return seeds.subList(0, Math.min(MOST_SEEDS, seeds.size()));
    }

    /** By how much the byte is commoner where its frames should end than beside; what one length does often may be a period of the stream. */
    private double bitsOf(int first, ShapeGuess shape) {
        Map<Integer, Integer> hitsOfLength = new HashMap<>();
        int places = 0;
        int hits = 0;
        int beside = 0;
        for (int at : placesOf[first]) {
            int total = shape.total(bytes, at);
            int next = at + total;
            if (total == LengthGuess.NO_FRAME || next >= bytes.length - PLACES_BESIDE) {
                continue;
            }
            places++;
            hits += (bytes[next] & 0xff) == first && hitsOfLength.merge(total, 1, Integer::sum) <= MOST_OF_LENGTH
                    ? 1
                    : 0;
            for (int i = 1; i <= PLACES_BESIDE; i++) {
                beside += (bytes[next + i] & 0xff) == first ? 1 : 0;
                beside += next - i > at && (bytes[next - i] & 0xff) == first ? 1 : 0;
            }
        }
        double chance = (beside + 1.0) / (2.0 * PLACES_BESIDE * places + 2);
        return hitsOfLength.size() < LEAST_LENGTHS ? 0 : hits * ChanceOdds.log2((double) hits / places / chance);
    }

    private Optional<Found> from(Seed seed) {
        Map<Integer, List<Integer>> following = following(seed);
        List<Integer> firsts = new ArrayList<>(following.keySet());
        firsts.sort(Comparator.comparingInt((Integer first) ->
                        following.getOrDefault(first, List.of()).size())
                .reversed());
        firsts.remove((Integer) seed.first());
        firsts.add(0, seed.first());
        // The rarest are places where the first shape led by chance.
        return IntStream.rangeClosed(2, Math.min(MOST_SHAPES, firsts.size()))
                .mapToObj(count -> ofFirsts(seed, following, new LinkedHashSet<>(firsts.subList(0, count))))
                .flatMap(Optional::stream)
                .max(Comparator.comparingDouble(Found::bits));
    }

    private Optional<Found> ofFirsts(Seed seed, Map<Integer, List<Integer>> following, Set<Integer> firsts) {
        Map<Integer, ShapeGuess> shapes = new TreeMap<>();
        shapes.put(seed.first(), seed.shape());
        for (int other : firsts) {
            if (other != seed.first()) {
                Optional<ShapeGuess> shape = shape(following.getOrDefault(other, List.of()), firsts);
                if (shape.isEmpty()) {
                    return Optional.empty();
                }
                shapes.put(other, shape.get());
            }
        }
        return walked(shapes);
    }

    /** The first bytes of what lies behind frames that are sure, for they lie between two of the same first byte; and where. */
    private Map<Integer, List<Integer>> following(Seed seed) {
        Map<Integer, List<Integer>> following = new TreeMap<>();
        Set<Integer> sure = new HashSet<>();
        for (int at : placesOf[seed.first()]) {
            int next = at + seed.shape().total(bytes, at);
            if (next > at && next < bytes.length && (bytes[next] & 0xff) == seed.first()) {
                sure.add(next);
            }
        }
        for (int at : sure) {
            int total = seed.shape().total(bytes, at);
            if (total != LengthGuess.NO_FRAME && at + total < bytes.length) {
                following
                        .computeIfAbsent(bytes[at + total] & 0xff, unseen -> new ArrayList<>())
                        .add(at + total);
            }
        }
        following.values().removeIf(places -> places.size() < LEAST_OF_SHAPE);
        return following;
    }

    /** The simplest shape of the frames at these places that leads to first bytes from each of them. */
    private Optional<ShapeGuess> shape(List<Integer> places, Set<Integer> firsts) {
        ShapeGuess best = null;
        // Some of the places are none, where the first shape led by chance.
        int mostWrong = places.size() / 8 + 1;
        for (ShapeGuess shape : ShapeGuess.candidates()) {
            int wrong = work.take(places.size()) ? 0 : places.size();
            for (int at : places) {
                int total = shape.total(bytes, at);
                boolean isRight = total != LengthGuess.NO_FRAME
                        && (at + total >= bytes.length || firsts.contains(bytes[at + total] & 0xff));
                wrong += isRight ? 0 : 1;
            }
            if (wrong < mostWrong) {
                best = shape;
                mostWrong = wrong;
            }
        }
        return Optional.ofNullable(best);
    }

    private Optional<Found> walked(Map<Integer, ShapeGuess> shapes) {
        int last = Math.min(bytes.length, LengthSearch.MOST_PREAMBLE_BYTES);
        for (int start = 0; start < last; start++) {
            Optional<Found> found = walked(shapes, start);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Found> walked(Map<Integer, ShapeGuess> shapes, int start) {
        Map<Integer, List<Integer>> starts = new TreeMap<>();
        int at = start;
        int count = 0;
        int longest = 0;
        while (at < bytes.length && count < FrameStart.MOST_FRAMES) {
            int first = bytes[at] & 0xff;
            ShapeGuess shape = shapes.get(first);
            int total = shape == null ? LengthGuess.NO_FRAME : shape.total(bytes, at);
            boolean isBeyond = total == LengthGuess.NO_FRAME || total > bytes.length - at;
            if (shape != null && isBeyond && bytes.length - at < longest) {
                break; // cut by the end
            }
            if (isBeyond || !work.take(1)) {
                return Optional.empty();
            }
            starts.computeIfAbsent(first, unseen -> new ArrayList<>()).add(at);
            longest = Math.max(longest, total);
            at += total;
            count++;
        }
        boolean isWhole = count >= LEAST_FRAMES
                // The same length in all: what differs is a type, and there is one shape.
                && starts.keySet().stream().map(shapes::get).distinct().count() > 1
                && starts.values().stream().allMatch(places -> places.size() >= LEAST_OF_SHAPE);
        return isWhole ? found(shapes, starts, start) : Optional.empty();
    }

    private Optional<Found> found(Map<Integer, ShapeGuess> shapes, Map<Integer, List<Integer>> starts, int start) {
        Map<Integer, Cut> frames = new TreeMap<>();
        double part = 0;
        Set<Integer> unlike = new HashSet<>();
        for (Map.Entry<Integer, List<Integer>> each : starts.entrySet()) {
            ShapeGuess shape = Objects.requireNonNull(shapes.get(each.getKey()));
            int[] places = each.getValue().stream().mapToInt(Integer::intValue).toArray();
            int[] lengths =
                    Arrays.stream(places).map(at -> shape.total(bytes, at)).toArray();
            Cut cut = new Cut(bytes, places, lengths);
            frames.put(each.getKey(), cut);
            part += rarity[each.getKey()];
            for (int i = 0; i < places.length; i++) {
                unlike.add(Arrays.hashCode(Arrays.copyOfRange(bytes, places[i], Math.min(cut.end(i), places[i] + 16))));
            }
        }
        double bits = -unlike.size() * ChanceOdds.log2(Math.min(1, part))
                - BITS_OF_SHAPE * frames.size()
                - ChanceOdds.BITS_OF_SEARCH;
        return bits > 0 ? Optional.of(new Found(Map.copyOf(shapes), frames, start, bits)) : Optional.empty();
    }
}
