package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Checksum;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.CrcCatalogue;
import dev.tunbridge.protocol.frame.Endian;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds CRCs that go on over a byte which stands nowhere and hangs on the frame's type (MAVLink's CRC_EXTRA). What a last byte does to a
 * CRC is the same behind all bytes, so that each frame says which byte it was, if there is any.
 */
final class ExtraByteCheck {
    private static final int MOST_FROM = 8;
    private static final int SAMPLE = 16;
    private static final int MOST_HEADER_BYTES = 16;
    private static final int MOST_TYPES = 64;
    private static final int[] TYPE_BYTES = {1, 2, 3};
    private static final int NONE = -1;
    /** Algorithms, ranges and orders, and which field is the type. */
    private static final double BITS_OF_SEARCH = 24;

    private static final double BITS_OF_BYTE = 8;
    private static final double LEAST_BITS = 16;
    private static final double LEAST_PART_RIGHT = 0.97;

    private final Cut cut;
    private final int trailerBytes;
    private final int fieldsEnd;
    private final WorkBound work;

    private ExtraByteCheck(Cut cut, int trailerBytes, int fieldsEnd, WorkBound work) {
        this.cut = cut;
        this.trailerBytes = trailerBytes;
        this.fieldsEnd = fieldsEnd;
        this.work = work;
    }

    /** One behind the payload, of two bytes at least: of one byte any would be right. */
    static Optional<CheckGuess> of(Cut cut, int trailerBytes, int fieldsEnd, WorkBound work) {
        return new ExtraByteCheck(cut, trailerBytes, fieldsEnd, work).find();
    }

    private Optional<CheckGuess> find() {
        for (int size : new int[] {2, 3, 4}) {
            if (cut.shortest() <= trailerBytes + size || !work.take(cut.bytes.length)) {
                return Optional.empty();
            }
            ByteBuf zeroed = zeroed(size);
            for (Map.Entry<String, Crc> entry : CrcCatalogue.all().entrySet()) {
                if (entry.getValue().sizeBytes() == size) {
                    Optional<CheckGuess> found = find(zeroed, entry.getKey(), entry.getValue());
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** With a zero behind each payload. */
    private ByteBuf zeroed(int size) {
        byte[] bytes = cut.bytes.clone();
        for (int frame = 0; frame < cut.frames(); frame++) {
            bytes[checkAt(frame, size)] = 0;
        }
        return Unpooled.wrappedBuffer(bytes);
    }

    private int checkAt(int frame, int size) {
        return cut.end(frame) - trailerBytes - size;
    }

    private Optional<CheckGuess> find(ByteBuf zeroed, String name, Crc crc) {
        int size = crc.sizeBytes();
        Checksum checksum = crc.newChecksum();
        Map<Long, Integer> byteOf = new HashMap<>();
        ByteBuf one = Unpooled.buffer(1).writeByte(0);
        long ofZero = checksum.compute(one, 0, 1);
        for (int value = 0; value < 256; value++) {
            byteOf.put(checksum.compute(one.setByte(0, value), 0, 1) ^ ofZero, value);
        }
        int step = Math.max(1, cut.frames() / SAMPLE);
        int mostFrom = Math.min(MOST_FROM, cut.shortest() - trailerBytes - size);
        for (Endian endian : Endian.values()) {
            for (int from = 0; from <= mostFrom; from++) {
                int[] extra = new int[cut.frames()];
                boolean isRight = true;
                for (int frame = 0; frame < cut.frames() && isRight; frame += step) {
                    isRight = extra(zeroed, checksum, byteOf, frame, from, size, endian) != NONE;
                }
                int right = 0;
                for (int frame = 0; frame < cut.frames() && isRight; frame++) {
                    extra[frame] = extra(zeroed, checksum, byteOf, frame, from, size, endian);
                    right += extra[frame] == NONE ? 0 : 1;
                }
                if (right >= LEAST_PART_RIGHT * cut.frames()) {
                    return guess(name, size, from, endian, extra);
                }
            }
        }
        return Optional.empty();
    }

    private int extra(
            ByteBuf zeroed,
            Checksum checksum,
            Map<Long, Integer> byteOf,
            int frame,
            int from,
            int size,
            Endian endian) {
        int start = cut.starts[frame] + from;
        int length = checkAt(frame, size) + 1 - start;
        if (!work.take(length)) {
            return NONE;
        }
        long written = LengthGuess.raw(cut.bytes, checkAt(frame, size), size, endian);
        return byteOf.getOrDefault(checksum.compute(zeroed, start, length) ^ written, NONE);
    }

    /** With the field of the fewest values that tells the byte of each frame. */
    private Optional<CheckGuess> guess(String name, int size, int from, Endian endian, int[] extra) {
        int limit = Math.min(MOST_HEADER_BYTES, cut.shortest() - trailerBytes - size);
        CheckGuess.Extra best = null;
        for (int bytes : TYPE_BYTES) {
            for (int at = fieldsEnd; at + bytes <= limit; at++) {
                for (Endian order : bytes == 1 ? List.of(Endian.BIG) : List.of(endian, opposite(endian))) {
                    Header.Field type = Header.Field.bytes(at, bytes, order);
                    SortedMap<Long, Integer> byType = byType(type, extra);
                    boolean isFew = !byType.isEmpty() && byType.size() <= Math.min(MOST_TYPES, 1 + cut.frames() / 4);
                    if (isFew && (best == null || byType.size() < best.bytes().size())) {
                        best = new CheckGuess.Extra(type, byType);
                    }
                }
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        Set<Long> values = new HashSet<>();
        for (int frame = 0; frame < cut.frames(); frame++) {
            values.add(LengthGuess.raw(cut.bytes, checkAt(frame, size), size, endian));
        }
        double bits =
                8.0 * size * (values.size() - 1) - BITS_OF_BYTE * best.bytes().size() - BITS_OF_SEARCH;
        CheckGuess plain = new CheckGuess(
                name,
                name,
                size,
                from,
                CheckGuess.PAYLOAD_END,
                CheckGuess.PAYLOAD_END,
                endian,
                Optional.empty(),
                Optional.of(best),
                0,
                bits);
        return bits >= LEAST_BITS ? Optional.of(plain) : Optional.empty();
    }

    private static Endian opposite(Endian endian) {
        return endian == Endian.BIG ? Endian.LITTLE : Endian.BIG;
    }

    /** Empty where frames of one type have different bytes. */
    private SortedMap<Long, Integer> byType(Header.Field type, int[] extra) {
        SortedMap<Long, Integer> byType = new TreeMap<>();
        for (int frame = 0; frame < cut.frames(); frame++) {
            Integer known = extra[frame] == NONE ? null : byType.putIfAbsent(type.read(cut, frame), extra[frame]);
            if (known != null && known != extra[frame]) {
                return new TreeMap<>();
            }
        }
        return byType;
    }
}
