package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Proposes descriptions for the bytes of a connection. One use for each; for one thread. The work is bounded, whatever the bytes
 * are, and so is the memory: some hundred bytes for each byte that is looked at.
 */
public final class Inference {
    /** What is looked at of each direction. */
    public static final int MOST_BYTES = 1 << 20;

    /** Odds below these are not worth telling: one recording in 16 million has as much by chance. */
    public static final double LEAST_BITS = 24;

    /** Fewer hold no frames that could be told from chance. */
    public static final int LEAST_BYTES = 8;
    /** Boundaries that are looked at for a check. */
    private static final int MOST_BOUNDARIES = 24;

    /** Of these an unknown CRC is worked out too. */
    private static final int MOST_SOLVED = 3;

    private static final double CLOSE = 0.97;

    private static final int NO_FRAMES = -1;

    private static final double LEAST_PART_FITTING = 0.95;

    private final List<byte[]> directions = new ArrayList<>();
    private final WorkBound work;

    private Inference(List<byte[]> directions, long mostSteps) {
        for (byte[] direction : directions) {
            if (direction.length > 0) {
                this.directions.add(Arrays.copyOf(direction, Math.min(direction.length, MOST_BYTES)));
            }
        }
        this.directions.sort(
                Comparator.comparingInt((byte[] bytes) -> bytes.length).reversed());
        work = new WorkBound(mostSteps);
    }

    /**
     * What was found.
     *
     * @param proposals best first; empty where nothing is more likely than chance
     * @param isWhole whether all was looked at that should be; false where the bytes make it too much work
     * @param steps the work, about one for each byte that was looked at
     */
    public record Findings(List<Proposal> proposals, boolean isWhole, long steps) {
        public Findings {
            proposals = List.copyOf(proposals);
        }
    }

    /**
     * Looks for descriptions.
     *
     * @param directions what each end of one connection has sent, from its beginning on if it can be; one or two
     */
    public static Findings of(List<byte[]> directions) {
        return of(directions, WorkBound.MOST_STEPS);
    }

    static Findings of(List<byte[]> directions, long mostSteps) {
        return new Inference(directions, mostSteps).find();
    }

    private Findings find() {
        List<Proposal> proposals = new ArrayList<>();
        if (!directions.isEmpty() && directions.get(0).length >= LEAST_BYTES) {
            for (Framed framed : withLength()) {
                proposal(framed).ifPresent(proposals::add);
            }
            for (GrowingSearch.Found found : new GrowingSearch(directions.get(0), work).find()) {
                proposal(growing(besideMask(found))).ifPresent(proposals::add);
            }
            for (DelimiterSearch.Found found : DelimiterSearch.of(directions.get(0), work)) {
                proposal(between(found)).ifPresent(proposals::add);
            }
            for (EndSearch.Found found : EndSearch.of(directions.get(0), work)) {
                proposal(ended(found)).ifPresent(proposals::add);
            }
        }
        if (!directions.isEmpty()) {
            ShapeSearch.of(directions.get(0), work).flatMap(this::proposal).ifPresent(proposals::add);
            BlockSearch.of(directions.get(0), work).flatMap(this::proposal).ifPresent(proposals::add);
        }
        proposals.sort(Comparator.comparingDouble(Proposal::bits).reversed());
        preferWhole(proposals);
        return new Findings(proposals, !work.isSpent(), work.used());
    }

    /** Halves of frames are as unlikely as whole ones, for each second of them is empty: of two that come close the whole ones. */
    private static void preferWhole(List<Proposal> proposals) {
        for (int i = 1; i < proposals.size(); i++) {
            Proposal best = proposals.get(0);
            Proposal other = proposals.get(i);
            boolean isHalved = Math.abs(2 * other.frames() - best.frames()) <= 2 && other.bits() > best.bits() / 2;
            if (isHalved || (other.bits() > CLOSE * best.bits() && 3 * other.frames() < 2 * best.frames())) {
                proposals.remove(i);
                proposals.add(0, other);
            }
        }
    }

    private List<Framed> withLength() {
        byte[] bytes = directions.get(0);
        Map<Long, FrameStart.Framing> byBoundaries = new LinkedHashMap<>();
        for (LengthSearch.Chain chain : new LengthSearch(bytes, work).chains()) {
            for (FrameStart.Framing framing : FrameStart.of(bytes, chain)) {
                byBoundaries.merge(boundaries(framing.cut()), framing, FieldPreference::better);
            }
        }
        List<Framed> boundaries = new ArrayList<>();
        byBoundaries.values().stream()
                .map(framing -> new Weighed(framing, ChanceOdds.bits(framing.cut(), framing.guess(), work)))
                .sorted(Comparator.comparingDouble(Weighed::bits).reversed())
                .limit(MOST_BOUNDARIES)
                .forEach(weighed -> boundaries.add(
                        framed(weighed, boundaries.size() < MOST_SOLVED ? Tail.Depth.SOLVED : Tail.Depth.CATALOGUE)));
        return boundaries;
    }

    /** Of two ends one masks what it says, and the other does not. */
    private GrowingSearch.Found besideMask(GrowingSearch.Found found) {
        return directions.size() == 1 ? found : new GrowingSearch(directions.get(1), work).besideMask(found);
    }

    private Framed growing(GrowingSearch.Found found) {
        Cut cut = found.withoutLengths();
        Tail tail = new Tail(Optional.empty(), Optional.empty(), found.guess().tailBytes());
        return Framed.of(
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.of(found.guess()),
                cut,
                tail,
                false,
                found.bits());
    }

    private Framed between(DelimiterSearch.Found found) {
        Tail tail = Tail.of(found.cut(), 0, Tail.Depth.SOLVED, work)
                .withoutTrailer()
                .withHeaderCheck(found.cut(), 0, Tail.Depth.SOLVED, work);
        return Framed.of(
                Optional.of(found.escape()),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                found.cut(),
                tail,
                found.sharesFlags(),
                found.bits());
    }

    private Framed ended(EndSearch.Found found) {
        Tail tail = Tail.of(found.cut(), 0, Tail.Depth.CATALOGUE, work);
        return Framed.of(
                Optional.empty(),
                OptionalInt.of(found.end()),
                Optional.empty(),
                Optional.empty(),
                found.cut(),
                tail,
                false,
                found.bits());
    }

    private record Weighed(FrameStart.Framing framing, double bits) {}

    private Framed framed(Weighed weighed, Tail.Depth depth) {
        Cut cut = weighed.framing().cut();
        LengthGuess guess = weighed.framing().guess().widened(cut).repeated(cut);
        for (byte[] other : directions.subList(1, directions.size())) {
            Optional<Cut> more =
                    FrameStart.inAnother(other, guess, weighed.framing().cut(), work);
            cut = more.isPresent() ? cut.and(more.get()) : cut;
        }
        return Framed.of(guess, cut, weighed.bits(), depth, work);
    }

    /** Where the frames of each direction begin; {@link #NO_FRAMES} where it has none of this kind. */
    private int[] begins(Framed framed, int begin) {
        int[] begins = beginsBehind(begin);
        int before = directions.get(0).length;
        for (int i = 1; i < begins.length && framed.length().isPresent(); i++) {
            // They lie behind those of the directions before it in the cut.
            int from = before;
            int to = before + directions.get(i).length;
            begins[i] = Arrays.stream(framed.cut().starts)
                    .filter(start -> start >= from && start < to)
                    .map(start -> start - from)
                    .findFirst()
                    .orElse(NO_FRAMES);
            before = begins[i] == NO_FRAMES ? before : to;
        }
        return begins;
    }

    /** Those of the first direction here, and those of the other at once. */
    private int[] beginsBehind(int begin) {
        int[] begins = new int[directions.size()];
        begins[0] = begin;
        return begins;
    }

    private List<byte[]> frames(int[] begins) {
        return IntStream.range(0, begins.length)
                .filter(i -> begins[i] != NO_FRAMES)
                .mapToObj(i -> Arrays.copyOfRange(directions.get(i), begins[i], directions.get(i).length))
                .toList();
    }

    private List<String> remarks(int[] begins) {
        List<String> remarks = new ArrayList<>();
        for (int i = 0; i < begins.length; i++) {
            String sender = begins.length == 1 ? "" : i == 0 ? " of who has sent more" : " of who has sent less";
            remarks.addAll(Preamble.remarks(directions.get(i), Math.max(0, begins[i]), sender));
        }
        return remarks;
    }

    /** The same frames have the same. */
    private static long boundaries(Cut cut) {
        long hash = cut.frames();
        for (int i = Math.max(0, cut.frames() - 64); i < cut.frames(); i++) {
            hash = 31 * hash + cut.starts[i];
        }
        return hash;
    }

    private Optional<Proposal> proposal(Framed framed) {
        double bits = framed.allBits();
        if (bits < LEAST_BITS) {
            return Optional.empty();
        }
        int begin = framed.isDelimited() ? 0 : framed.cut().starts[0];
        int[] begins = begins(framed, begin);
        String yaml = DescriptionText.of(framed, remarks(begins));
        return rehearsed(yaml, frames(begins), framed.cut().frames(), bits);
    }

    private Optional<Proposal> proposal(BlockSearch.Found found) {
        Framed framed = Framed.ofBlocks(found, work);
        int[] begins = beginsBehind(found.start());
        String yaml = DescriptionText.of(framed, remarks(begins));
        return framed.allBits() < LEAST_BITS
                ? Optional.empty()
                : rehearsed(yaml, frames(begins), found.cut().frames(), framed.allBits());
    }

    private Optional<Proposal> proposal(ShapeSearch.Found found) {
        int[] begins = beginsBehind(found.start());
        Map<Integer, Framed> shapes = new TreeMap<>();
        found.frames().forEach((byValue, cut) -> shapes.put(byValue, Framed.ofShape(found.shape(byValue), cut, work)));
        double bits = found.bits()
                + shapes.values().stream().mapToDouble(Framed::allBits).sum();
        return bits < LEAST_BITS
                ? Optional.empty()
                : DescriptionText.ofShapes(shapes, remarks(begins))
                        .flatMap(yaml -> rehearsed(yaml, frames(begins), found.count(), bits));
    }

    private Optional<Proposal> rehearsed(String yaml, List<byte[]> streams, int frames, double bits) {
        long bytes =
                directions.stream().mapToLong(direction -> direction.length).sum();
        return Rehearsal.of(yaml, streams)
                .filter(outcome -> outcome.frames() >= LEAST_PART_FITTING * frames)
                .map(outcome -> new Proposal(
                        yaml,
                        List.of(String.format(
                                Locale.ROOT,
                                "%d frames fit, %d of %d bytes; by chance once in 2^%.0f",
                                outcome.frames(),
                                outcome.explainedBytes(),
                                bytes,
                                bits)),
                        outcome.frames(),
                        outcome.explainedBytes(),
                        bytes,
                        bits));
    }
}
