package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Checksum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Complement;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Xor;
import dev.tunbridge.protocol.frame.CrcCatalogue;
import dev.tunbridge.protocol.frame.Endian;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds the check of frames: what it is, what it covers, where it stands. */
final class CheckSearch {
    /** Places in front of the payload. */
    private static final int MOST_HEADER_BYTES = 16;
    /** Enough to find it by; all others must agree afterwards. */
    private static final int SAMPLE = 16;
    /** Algorithms, places, ranges and orders: what was tried. */
    private static final double BITS_OF_SEARCH = 15;
    /** What a parameter that was fitted is worth, when two are right. */
    private static final double BITS_OF_PARAMETER = 8;

    private static final double LEAST_BITS = 16;
    /** Frames that a fault of the line has damaged. */
    private static final double LEAST_PART_RIGHT = 0.97;

    private final Cut cut;
    private final ByteBuf buffer;
    private final WorkBound work;
    private final int[] sample;

    /** What is behind the payload: closing bytes, behind the check. */
    CheckSearch(Cut cut, WorkBound work) {
        this.cut = cut;
        this.work = work;
        buffer = Unpooled.wrappedBuffer(cut.bytes);
        sample = sample(cut);
    }

    /** The shortest with as many contents as can be, for they cost least. */
    private static int[] sample(Cut cut) {
        Integer[] order = new Integer[cut.frames()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Integer.compare(cut.lengths[a], cut.lengths[b]));
        List<Integer> chosen = new ArrayList<>();
        Set<Integer> contents = new HashSet<>();
        for (int frame : order) {
            int hash = Arrays.hashCode(Arrays.copyOfRange(cut.bytes, cut.starts[frame], cut.end(frame)));
            if (chosen.size() < SAMPLE && contents.add(hash)) {
                chosen.add(frame);
            }
        }
        return chosen.stream().mapToInt(Integer::intValue).toArray();
    }

    /** One way in which a check may lie in a frame. */
    record Place(int from, int to, int at, int trailerBytes) {
        int fromIndex(Cut cut, int frame) {
            return cut.starts[frame] + from;
        }

        int toIndex(Cut cut, int frame, int sizeBytes) {
            return to == CheckGuess.PAYLOAD_END
                    ? cut.end(frame) - trailerBytes - (at == CheckGuess.PAYLOAD_END ? sizeBytes : 0)
                    : cut.starts[frame] + to;
        }

        int atIndex(Cut cut, int frame, int sizeBytes) {
            return at == CheckGuess.PAYLOAD_END ? cut.end(frame) - trailerBytes - sizeBytes : cut.starts[frame] + at;
        }

        /** Whether the frame has room for it. */
        boolean fits(Cut cut, int frame, int sizeBytes) {
            int toIndex = toIndex(cut, frame, sizeBytes);
            int end = cut.end(frame);
            return fromIndex(cut, frame) <= toIndex
                    && toIndex <= end
                    && atIndex(cut, frame, sizeBytes) + sizeBytes <= end
                    && atIndex(cut, frame, sizeBytes) >= cut.starts[frame];
        }
    }

    /**
     * The check behind the payload, or in the header over all that follows.
     *
     * @param fieldsEnd where the header ends at the earliest
     */
    Optional<CheckGuess> ofFrame(int trailerBytes, int fieldsEnd) {
        Optional<CheckGuess> behind = behind(trailerBytes);
        if (behind.isPresent()) {
            return behind;
        }
        List<Place> places = new ArrayList<>();
        for (int at = 0; at < Math.min(fieldsEnd + MOST_HEADER_BYTES, cut.shortest()); at++) {
            for (int size : new int[] {1, 2, 3, 4}) {
                places.add(new Place(at + size, CheckGuess.PAYLOAD_END, at, trailerBytes));
            }
        }
        return best(places.stream().flatMap(place -> at(place).stream()));
    }

    /** The same, behind the payload alone. */
    Optional<CheckGuess> behind(int trailerBytes) {
        return best(allBehind(trailerBytes).stream());
    }

    /** Each that is right there; often many are, of which fewer bytes were covered, or which were fitted. */
    List<CheckGuess> allBehind(int trailerBytes) {
        List<Place> places = new ArrayList<>();
        int mostFrom = Math.min(MOST_HEADER_BYTES, cut.shortest());
        for (int from = 0; from <= mostFrom; from++) {
            places.add(new Place(from, CheckGuess.PAYLOAD_END, CheckGuess.PAYLOAD_END, trailerBytes));
        }
        return places.stream().flatMap(place -> at(place).stream()).toList();
    }

    /** A CRC behind the payload whose parameters no catalogue has. */
    Optional<CheckGuess> solved(int trailerBytes) {
        List<CheckGuess> found = new ArrayList<>();
        for (int size : new int[] {4, 3, 2, 1}) {
            int mostFrom = Math.min(MOST_HEADER_BYTES / 2, cut.shortest() - trailerBytes - size);
            for (int from = 0; from <= mostFrom && found.isEmpty() && varies(trailerBytes, size); from++) {
                Place place = new Place(from, CheckGuess.PAYLOAD_END, CheckGuess.PAYLOAD_END, trailerBytes);
                for (Endian endian : orders(size)) {
                    for (boolean isReflected : new boolean[] {false, true}) {
                        new CrcSolution(cut, work, from, 8 * size, trailerBytes, isReflected, endian)
                                .solve()
                                .ifPresent(crc -> confirm(
                                        place,
                                        crc.newChecksum(),
                                        keys(crc),
                                        "crc",
                                        size,
                                        endian,
                                        3 * BITS_OF_PARAMETER * size,
                                        found));
                    }
                }
            }
        }
        return found.stream().max(Comparator.comparingDouble(CheckGuess::bits));
    }

    /** A check of frames that differ does so too, in each of its bytes. */
    private boolean varies(int trailerBytes, int size) {
        for (int i = 0; i < size; i++) {
            if (Column.fromEnd(cut, trailerBytes + i).distinct() < Math.min(16, cut.frames() / 4)) {
                return false;
            }
        }
        return sample.length >= SAMPLE / 2;
    }

    private static String keys(Crc crc) {
        String digits = "0x%0" + crc.width() / 4 + "X";
        return String.format(
                Locale.ROOT,
                "crc, width: %d, poly: " + digits + ", init: " + digits + ", refin: %b, refout: %b, xorout: " + digits,
                crc.width(),
                crc.poly(),
                crc.init(),
                crc.refin(),
                crc.refout(),
                crc.xorout());
    }

    /** Of equals the first. */
    static Optional<CheckGuess> best(Stream<CheckGuess> found) {
        return found.reduce((best, guess) -> guess.bits() > best.bits() ? guess : best);
    }

    private List<CheckGuess> at(Place place) {
        List<CheckGuess> found = new ArrayList<>();
        for (Map.Entry<String, Crc> entry : CrcCatalogue.all().entrySet()) {
            tryFixed(place, entry.getValue(), entry.getKey(), entry.getKey(), found);
        }
        for (int modulus : new int[] {255, 256}) {
            tryFixed(place, new Fletcher(2, modulus, 0), "fletcher, modulus: " + modulus, "fletcher", found);
        }
        tryFixed(place, new Fletcher(4, 65_521, 1), "adler32", "adler32", found);
        tryXor(place, found);
        for (int size = 1; size <= 4; size++) {
            trySum(place, size, found);
        }
        return found;
    }

    private static List<Endian> orders(int sizeBytes) {
        return sizeBytes == 1 ? List.of(Endian.BIG) : List.of(Endian.values());
    }

    private void tryFixed(Place place, ChecksumAlgorithm algorithm, String keys, String name, List<CheckGuess> found) {
        int size = algorithm.sizeBytes();
        if (!mayBe(place, size)) {
            return;
        }
        Checksum checksum = algorithm.newChecksum();
        for (Endian endian : orders(size)) {
            Right right = new Right();
            for (int frame : sample) {
                if (!right.add(frame, place, size, endian, compute(checksum, place, frame, size))) {
                    break;
                }
            }
            if (right.isSure()) {
                confirm(place, checksum, keys, name, size, endian, 0, found);
            }
        }
    }

    /** Sums and the like are those of a catalogue but for a constant, which the frames tell. */
    private void tryXor(Place place, List<CheckGuess> found) {
        if (!mayBe(place, 1)) {
            return;
        }
        Checksum plain = new Xor(0).newChecksum();
        int first = sample[0];
        int init = (int) (compute(plain, place, first, 1) ^ written(place, first, 1, Endian.BIG));
        tryWithInit(place, new Xor(init), init == 0 ? "xor" : "xor, init: " + init, "xor", init, Endian.BIG, found);
    }

    private void trySum(Place place, int size, List<CheckGuess> found) {
        if (!mayBe(place, size)) {
            return;
        }
        long mask = (1L << (8 * size)) - 1;
        Checksum plain = new Sum(size, 0, Complement.NONE).newChecksum();
        int first = sample[0];
        long sum = compute(plain, place, first, size);
        for (Endian endian : orders(size)) {
            long written = written(place, first, size, endian);
            for (Complement complement : Complement.values()) {
                long init = switch (complement) {
                            case NONE -> written - sum;
                            case ONES -> ~written - sum;
                            case TWOS -> -written - sum;
                        }
                        & mask;
                Sum fitted = new Sum(size, init, complement);
                String keys = size == 1 && init == 0 && complement == Complement.TWOS
                        ? "lrc"
                        : "sum" + (size == 1 ? "" : ", size: " + size)
                                + (init == 0 ? "" : String.format(Locale.ROOT, ", init: 0x%X", init))
                                + (complement == Complement.NONE
                                        ? ""
                                        : ", complement: " + complement.name().toLowerCase(Locale.ROOT));
                tryWithInit(place, fitted, keys, "sum", init, endian, found);
            }
        }
    }

    private void tryWithInit(
            Place place,
            ChecksumAlgorithm algorithm,
            String keys,
            String name,
            long init,
            Endian endian,
            List<CheckGuess> found) {
        int size = algorithm.sizeBytes();
        Checksum checksum = algorithm.newChecksum();
        Right right = new Right();
        for (int frame : sample) {
            if (!right.add(frame, place, size, endian, compute(checksum, place, frame, size))) {
                return;
            }
        }
        if (right.isSure()) {
            double cost = init == 0 ? 0 : BITS_OF_PARAMETER * size + BITS_OF_PARAMETER;
            confirm(place, checksum, keys, name, size, endian, cost, found);
        }
    }

    /** Looks at all frames. Of several that are right the one with fewer fitted parameters, then with the wider range, is better. */
    void confirm(
            Place place,
            Checksum checksum,
            String keys,
            String name,
            int size,
            Endian endian,
            double cost,
            List<CheckGuess> found) {
        Set<Long> values = new HashSet<>();
        int right = 0;
        for (int frame = 0; frame < cut.frames(); frame++) {
            if (!place.fits(cut, frame, size)) {
                continue;
            }
            long written = written(place, frame, size, endian);
            if (written == compute(checksum, place, frame, size)) {
                right++;
                values.add(written);
            }
        }
        // Of values that come again one counts; a check that never changes is a constant.
        double bits = 8.0 * size * (values.size() - 1)
                - BITS_OF_SEARCH
                - cost
                - place.from() / 1000.0
                + (endian == Endian.BIG ? 0.0001 : 0);
        if (right >= LEAST_PART_RIGHT * cut.frames() && bits >= LEAST_BITS) {
            found.add(new CheckGuess(
                    keys,
                    name,
                    size,
                    place.from(),
                    place.to(),
                    place.at(),
                    endian,
                    Optional.empty(),
                    Optional.empty(),
                    0,
                    bits));
        }
    }

    /** Frames whose check is right so far, and how many values it had. */
    private final class Right {
        private final Set<Long> values = new HashSet<>();
        private int wrong;

        boolean add(int frame, Place place, int size, Endian endian, long computed) {
            long written = written(place, frame, size, endian);
            if (written == computed) {
                values.add(written);
            } else {
                wrong++;
            }
            return wrong <= (sample.length >= SAMPLE ? 1 : 0);
        }

        boolean isSure() {
            return values.size() > 1;
        }
    }

    private boolean mayBe(Place place, int size) {
        boolean isInFront = place.at() != CheckGuess.PAYLOAD_END && place.to() == CheckGuess.PAYLOAD_END;
        if (work.isSpent() || (isInFront && place.from() != place.at() + size)) {
            return false;
        }
        for (int frame : sample) {
            if (!place.fits(cut, frame, size)) {
                return false;
            }
        }
        return sample.length >= 2;
    }

    long compute(Checksum checksum, Place place, int frame, int size) {
        int from = place.fromIndex(cut, frame);
        int length = place.toIndex(cut, frame, size) - from;
        return work.take(length + 8L) ? checksum.compute(buffer, from, length) : -1;
    }

    long written(Place place, int frame, int size, Endian endian) {
        return LengthGuess.raw(cut.bytes, place.atIndex(cut, frame, size), size, endian);
    }
}
