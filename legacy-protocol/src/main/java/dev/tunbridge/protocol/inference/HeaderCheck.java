package dev.tunbridge.protocol.inference;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds a check of the header alone, behind what it covers; that of the frame may stand beside it. The beginnings of frames are cut out
 * at each place where such a check may end, and searched like frames.
 */
final class HeaderCheck {
    /** Where one may stand at the latest. */
    private static final int MOST_AT = 16;

    private static final int MOST_CHECK_BYTES = 4;
    /** Of the frames, for a payload of packets. */
    private static final double LEAST_PART_OF_PACKETS = 0.2;
    /** Of the frames, for a number that goes along with another. */
    private static final double LEAST_PART_ALONG = 0.97;

    private final Cut cut;
    private final int fieldsEnd;
    private final Optional<CheckGuess> frameCheck;
    private final WorkBound work;

    private HeaderCheck(Cut cut, int fieldsEnd, Optional<CheckGuess> frameCheck, WorkBound work) {
        this.cut = cut;
        this.fieldsEnd = fieldsEnd;
        this.frameCheck = frameCheck;
        this.work = work;
    }

    /**
     * The check of the header of frames whose end is known.
     *
     * @param fieldsEnd where it may begin
     * @param tail what is behind the payload, and the check of the frame
     */
    static Optional<CheckGuess> of(Cut cut, int fieldsEnd, Tail tail, Tail.Depth depth, WorkBound work) {
        int room = cut.shortest() - tail.bytes();
        OptionalInt packets = InnerPackets.offset(cut, fieldsEnd, tail.bytes(), LEAST_PART_OF_PACKETS);
        return new HeaderCheck(cut, fieldsEnd, tail.check(), work).find(Math.min(room, packets.orElse(room)), depth);
    }

    /** The same where it is known too where the payload begins. */
    static Optional<CheckGuess> within(Cut cut, int fieldsEnd, int payloadAt, WorkBound work) {
        return new HeaderCheck(cut, fieldsEnd, Optional.empty(), work)
                .find(Math.min(cut.shortest(), payloadAt), Tail.Depth.CATALOGUE);
    }

    private Optional<CheckGuess> find(int limit, Tail.Depth depth) {
        Optional<CheckGuess> known = best(limit, search -> search.allBehind(0).stream());
        return known.isPresent() || depth == Tail.Depth.CATALOGUE
                ? known
                : best(limit, search -> search.solved(0).stream());
    }

    private Optional<CheckGuess> best(int limit, Function<CheckSearch, Stream<CheckGuess>> search) {
        int mostEnd = Math.min(limit, MOST_AT + MOST_CHECK_BYTES);
        return CheckSearch.best(IntStream.rangeClosed(fieldsEnd + 1, mostEnd)
                .boxed()
                .flatMap(end -> search.apply(new CheckSearch(beginnings(end), work))
                        .map(check -> check.ofHeader(end))
                        .filter(this::isCheck)));
    }

    private Cut beginnings(int bytes) {
        int[] lengths = new int[cut.frames()];
        Arrays.fill(lengths, bytes);
        return new Cut(cut.bytes, cut.starts, lengths);
    }

    /** Behind the fields and what it covers, the frame's check not among that, for this one is written first. */
    private boolean isCheck(CheckGuess check) {
        boolean isBehindFields = check.at() >= fieldsEnd && check.at() <= MOST_AT && check.from() < check.at();
        boolean isClear = frameCheck
                .filter(frame -> !frame.isBehind())
                .filter(frame -> frame.at() < check.end() && frame.at() + frame.sizeBytes() > check.from())
                .isEmpty();
        return isBehindFields && isClear && !isCopy(check) && !(check.isFitted() && hasConstant(check));
    }

    /** A byte that is always the same can be made right by how a sum begins, and then is none of it. */
    private boolean hasConstant(CheckGuess check) {
        return IntStream.range(check.at(), check.end())
                .anyMatch(at -> Column.of(cut, at).isConstant());
    }

    /** Whether it is one of the bytes before it again, or so much more or less: the length of what lies inside, or a second counter. */
    private boolean isCopy(CheckGuess check) {
        for (int at = check.from(); at < check.at(); at++) {
            int[] counts = new int[256];
            for (int frame = 0; frame < cut.frames(); frame++) {
                long value =
                        LengthGuess.raw(cut.bytes, cut.starts[frame] + check.at(), check.sizeBytes(), check.endian());
                counts[(int) (value - cut.at(frame, at)) & 0xff]++;
            }
            int most = IntStream.range(0, 256)
                    .boxed()
                    .max(Comparator.comparingInt(value -> counts[value]))
                    .orElseThrow();
            if (counts[most] >= LEAST_PART_ALONG * cut.frames() && (most == 0 || check.isFitted())) {
                return true;
            }
        }
        return false;
    }
}
