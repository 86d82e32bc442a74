package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.Endian;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Works out the parameters of a CRC that no catalogue has. What two frames of one length differ by, with what their checks differ by
 * behind it, is a multiple of the polynomial, whatever the beginning and the end of the register are; so the greatest common divisor of
 * several such is the polynomial. Frames of other lengths then tell the beginning.
 */
final class CrcSolution {
    private static final int MOST_PAIRS = 12;
    /** Division takes time by the square of it. */
    private static final int LONGEST_BYTES = 512;

    private static final int MOST_LENGTHS = 8;

    private final Cut cut;
    private final WorkBound work;
    private final int from;
    private final int width;
    private final int trailerBytes;
    private final boolean isReflected;
    private final Endian endian;

    CrcSolution(Cut cut, WorkBound work, int from, int width, int trailerBytes, boolean isReflected, Endian endian) {
        this.cut = cut;
        this.work = work;
        this.from = from;
        this.width = width;
        this.trailerBytes = trailerBytes;
        this.isReflected = isReflected;
        this.endian = endian;
    }

    /** The parameters, if these frames have some; the check of all others must be looked at with them. */
    Optional<Crc> solve() {
        List<int[]> pairs = pairs();
        BigInteger common = BigInteger.ZERO;
        for (int[] pair : pairs) {
            common = gcd(common, polynomial(pair[0]).xor(polynomial(pair[1])));
            if (common.signum() != 0 && common.bitLength() - 1 < width) {
                return Optional.empty();
            }
        }
        if (pairs.size() < 3 || common.bitLength() - 1 != width || !common.testBit(0)) {
            return Optional.empty();
        }
        BigInteger generator = common;
        return ends(generator);
    }

    /** Frames of one length and different contents, the shortest first. */
    private List<int[]> pairs() {
        Map<Integer, Integer> lastOfLength = new HashMap<>();
        Set<Integer> contents = new HashSet<>();
        List<int[]> pairs = new ArrayList<>();
        for (int i = 0; i < cut.frames(); i++) {
            int length = cut.lengths[i];
            if (length - from - trailerBytes > width / 8 && length <= LONGEST_BYTES && contents.add(hash(i))) {
                Integer last = lastOfLength.put(length, i);
                if (last != null) {
                    pairs.add(new int[] {last, i});
                }
            }
        }
        pairs.sort((a, b) -> Integer.compare(cut.lengths[a[0]], cut.lengths[b[0]]));
        return pairs.size() > MOST_PAIRS ? pairs.subList(0, MOST_PAIRS) : pairs;
    }

    private int hash(int frame) {
        int hash = cut.lengths[frame];
        for (int i = cut.starts[frame] + from; i < cut.end(frame); i++) {
            hash = 31 * hash + cut.bytes[i];
        }
        return hash;
    }

    /** What is covered, times x to the width, and the check. */
    private BigInteger polynomial(int frame) {
        int end = cut.end(frame) - trailerBytes - width / 8;
        byte[] covered = new byte[end - cut.starts[frame] - from];
        for (int i = 0; i < covered.length; i++) {
            int value = cut.bytes[cut.starts[frame] + from + i];
            covered[i] = (byte) (isReflected ? Integer.reverse(value) >>> 24 : value);
        }
        long check = LengthGuess.raw(cut.bytes, end, width / 8, endian);
        return new BigInteger(1, covered).shiftLeft(width).xor(BigInteger.valueOf(mirrored(check)));
    }

    private long mirrored(long value) {
        return isReflected ? Long.reverse(value) >>> (Long.SIZE - width) : value;
    }

    private BigInteger gcd(BigInteger one, BigInteger two) {
        BigInteger a = one;
        BigInteger b = two;
        while (b.signum() != 0) {
            BigInteger rest = remainder(a, b);
            a = b;
            b = rest;
        }
        return a;
    }

    private BigInteger remainder(BigInteger dividend, BigInteger divisor) {
        BigInteger rest = dividend;
        while (rest.bitLength() >= divisor.bitLength() && rest.signum() != 0) {
            if (!work.take(1 + rest.bitLength() / 32)) {
                return BigInteger.ZERO;
            }
            rest = rest.xor(divisor.shiftLeft(rest.bitLength() - divisor.bitLength()));
        }
        return rest;
    }

    /** What is left of a frame's polynomial is init · x^(8n) + xorout, for n bytes covered: linear in the bits of init. */
    private Optional<Crc> ends(BigInteger generator) {
        Map<Integer, Long> restOfLength = new HashMap<>();
        for (int i = 0; i < cut.frames() && restOfLength.size() < MOST_LENGTHS; i++) {
            int covered = cut.lengths[i] - from - trailerBytes - width / 8;
            if (covered >= 0 && cut.lengths[i] <= LONGEST_BYTES && !restOfLength.containsKey(covered)) {
                restOfLength.put(covered, remainder(polynomial(i), generator).longValue());
            }
        }
        List<Integer> lengths = List.copyOf(restOfLength.keySet());
        int first = lengths.get(0);
        long mask = (1L << width) - 1;
        long init = -1;
        for (long likely : new long[] {0, mask}) {
            long xorout = rest(restOfLength, first) ^ shifted(likely, first, generator);
            boolean isRight = init < 0;
            for (int length : lengths) {
                isRight &= (rest(restOfLength, length) ^ shifted(likely, length, generator)) == xorout;
            }
            init = isRight ? likely : init;
        }
        if (init < 0) {
            init = eliminated(restOfLength, lengths, generator);
        }
        if (init < 0) {
            return Optional.empty();
        }
        long xorout = rest(restOfLength, first) ^ shifted(init, first, generator);
        long poly = generator.clearBit(width).longValue();
        return Optional.of(new Crc(width, (int) poly, (int) init, isReflected, isReflected, (int) mirrored(xorout)));
    }

    private static long rest(Map<Integer, Long> restOfLength, int length) {
        return Objects.requireNonNull(restOfLength.get(length));
    }

    private long shifted(long init, int bytes, BigInteger generator) {
        return remainder(BigInteger.valueOf(init).shiftLeft(8 * bytes), generator)
                .longValue();
    }

    /** Gauss over the differences between lengths; −1 where they contradict each other. */
    private long eliminated(Map<Integer, Long> restOfLength, List<Integer> lengths, BigInteger generator) {
        int first = lengths.get(0);
        List<Long> rows = new ArrayList<>(); // bits 0 to width - 1: which bits of init; bit width: the right side
        for (int length : lengths.subList(1, lengths.size())) {
            long[] images = new long[width];
            for (int bit = 0; bit < width; bit++) {
                images[bit] = shifted(1L << bit, first, generator) ^ shifted(1L << bit, length, generator);
            }
            long right = rest(restOfLength, first) ^ rest(restOfLength, length);
            for (int place = 0; place < width; place++) {
                long row = (right >>> place & 1) << width;
                for (int bit = 0; bit < width; bit++) {
                    row |= (images[bit] >>> place & 1) << bit;
                }
                rows.add(row);
            }
        }
        long init = 0;
        int used = 0;
        int[] pivots = new int[width];
        for (int bit = 0; bit < width; bit++) {
            int pivot = used;
            while (pivot < rows.size() && (rows.get(pivot) >>> bit & 1) == 0) {
                pivot++;
            }
            if (pivot == rows.size()) {
                continue; // any will do: 0
            }
            long row = rows.get(pivot);
            rows.set(pivot, rows.get(used));
            rows.set(used, row);
            for (int i = 0; i < rows.size(); i++) {
                if (i != used && (rows.get(i) >>> bit & 1) == 1) {
                    rows.set(i, rows.get(i) ^ row);
                }
            }
            pivots[used++] = bit;
        }
        for (int i = 0; i < rows.size(); i++) {
            boolean isOne = (rows.get(i) >>> width & 1) == 1;
            if (isOne && i >= used) {
                return -1;
            }
            init |= isOne ? 1L << pivots[i] : 0;
        }
        return init;
    }
}
