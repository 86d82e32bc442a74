package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What stands in front of the payload beside length and check: fixed bytes, type, sequence, constants.
 *
 * @param syncBytes at the start of each frame
 * @param type where frames tell what they are, if they do
 * @param payloadAt where the header ends
 */
record Header(int syncBytes, Optional<Field> type, Optional<Field> sequence, List<Field> constants, int payloadAt) {
    /** A field of these bits. */
    record Field(int at, int size, Endian endian, int shift, int bits) {
        static Field bytes(int at, int size, Endian endian) {
            return new Field(at, size, endian, 0, 8 * size);
        }

        int end() {
            return at + size;
        }

        long read(Cut cut, int frame) {
            return LengthGuess.raw(cut.bytes, cut.starts[frame] + at, size, endian) >>> shift & ((1L << bits) - 1);
        }
    }

    private static final int MOST_SYNC_BYTES = 8;
    /** What has more values is no type, or one of a protocol that needs a description by hand. */
    private static final int MOST_TYPES = 24;
    /** A payload may begin with something that looks like a field; what is so far behind is taken for none. */
    private static final int MOST_BEHIND_LENGTH = 6;

    private static final int MOST_TYPE_BYTES = 4;

    private static final double SEQUENCE_PART = 0.9;
    private static final int FRAMES_FOR_CONSTANTS = 20;

    /** Of frames that have nothing but their first byte in common. */
    static Header ofFirstByte() {
        return new Header(1, Optional.empty(), Optional.empty(), List.of(), 1);
    }

    /** The same where the first byte tells shapes apart, and so is no type. */
    Header behindFirstByte() {
        return syncBytes > 0
                ? this
                : new Header(
                        1,
                        type.filter(field -> field.at() > 0),
                        sequence.filter(field -> field.at() > 0),
                        constants.stream().filter(field -> field.at() > 0).toList(),
                        Math.max(1, payloadAt));
    }

    /** The same where the payload is known to begin here. */
    Header endingAt(int end) {
        return new Header(
                Math.min(syncBytes, end),
                type.filter(field -> field.end() <= end),
                sequence.filter(field -> field.end() <= end),
                constants.stream().filter(field -> field.end() <= end).toList(),
                end);
    }

    /** Finds them one after the other in a cut whose length and check are known. */
    static Header of(
            Cut cut,
            OptionalInt end,
            Optional<LengthGuess> length,
            Optional<GrowingGuess> growing,
            Optional<CheckGuess> check,
            Optional<CheckGuess> headerCheck,
            int tailBytes) {
        Search search = new Search(cut, length, growing, check, headerCheck, tailBytes);
        return end.isPresent() ? search.ofLines() : search.find();
    }

    private static final class Search {
        private final Cut cut;
        private final Optional<LengthGuess> length;
        private final int tailBytes;
        private final int fixedEnd;
        private final int most;
        private final boolean isEndKnown;
        private final boolean holdsPackets;
        private final BitSet taken = new BitSet();
        private final Optional<Field> typeOfCheck;

        Search(
                Cut cut,
                Optional<LengthGuess> length,
                Optional<GrowingGuess> growing,
                Optional<CheckGuess> check,
                Optional<CheckGuess> headerCheck,
                int tailBytes) {
            this.cut = cut;
            this.length = length;
            this.tailBytes = tailBytes;
            this.typeOfCheck = check.flatMap(CheckGuess::extra).map(CheckGuess.Extra::type);
            length.ifPresent(l -> taken.set(l.at(), l.end()));
            length.ifPresent(l -> l.repeatedAt().ifPresent(again -> taken.set(again, again + l.size())));
            typeOfCheck.ifPresent(field -> taken.set(field.at(), field.end()));
            check.filter(c -> !c.isBehind()).ifPresent(c -> taken.set(c.at(), c.at() + c.sizeBytes()));
            headerCheck.ifPresent(c -> taken.set(c.at(), c.at() + c.sizeBytes()));
            int room = Math.max(0, cut.shortest() - tailBytes);
            OptionalInt packets = InnerPackets.offset(cut, taken.length(), tailBytes, 0.2);
            holdsPackets = packets.isPresent();
            int limit = Math.min(room, packets.orElse(room));
            int counted = counted();
            if (growing.isPresent()) {
                isEndKnown = true;
                fixedEnd = growing.get().at();
                most = fixedEnd;
                return;
            }
            boolean isCounted = counted >= taken.length() && counted <= limit;
            isEndKnown = headerCheck.isPresent() || isCounted;
            fixedEnd = isCounted ? counted : taken.length();
            most = Math.max(fixedEnd, Math.min(limit, fixedEnd + MOST_BEHIND_LENGTH));
        }

        /** Where the payload begins if that is what the length counts; −1 where it counts something else. */
        private int counted() {
            return length.filter(l -> l.bias() != 0 && l.bias() != l.end())
                    .map(l -> l.bias() - tailBytes)
                    .orElse(-1);
        }

        Header find() {
            Optional<Field> sequence = sequence();
            sequence.ifPresent(field -> taken.set(field.at(), field.end()));
            Optional<Field> type = typeOfCheck.or(() -> type(isEndKnown ? fixedEnd : most));
            if (type.isEmpty() && isEndKnown) {
                type = type(most);
            }
            type = type.or(this::besideLength).or(() -> constantType(sequence));
            type.ifPresent(field -> taken.set(field.at(), field.end()));
            int end = Math.max(fixedEnd, taken.length());
            if (!isEndKnown) {
                while (end < most && isConstant(end)) {
                    end++;
                }
            }
            int sync = 0;
            while (sync < Math.min(end, MOST_SYNC_BYTES) && !taken.get(sync) && isConstant(sync)) {
                sync++;
            }
            List<Field> constants = new ArrayList<>();
            for (int at = sync; at < end && cut.frames() >= FRAMES_FOR_CONSTANTS; at++) {
                if (!taken.get(at) && isConstant(at)) {
                    constants.add(Field.bytes(at, 1, Endian.BIG));
                }
            }
            return new Header(sync, type, sequence, constants, end);
        }

        /** What a line begins with is a word, and no number, unless it is a sign: a type of one byte. */
        Header ofLines() {
            Column first = Column.of(cut, 0);
            boolean isSign = most > 0 && first.distinct() <= MOST_TYPES && first.frames() == cut.frames();
            for (int value = 0; value < 256; value++) {
                isSign &= !first.has(value) || (value != ' ' && !Character.isLetterOrDigit(value));
            }
            return isSign
                    ? new Header(0, Optional.of(Field.bytes(0, 1, Endian.BIG)), Optional.empty(), List.of(), 1)
                    : new Header(0, Optional.empty(), Optional.empty(), List.of(), 0);
        }

        private boolean isConstant(int at) {
            Column column = Column.of(cut, at);
            return column.isConstant() && column.frames() == cut.frames();
        }

        private Optional<Field> sequence() {
            for (int size : new int[] {4, 2, 1}) {
                for (int at = 0; at + size <= most; at++) {
                    for (Endian endian : size == 1 ? List.of(Endian.BIG) : List.of(Endian.values())) {
                        Field field = Field.bytes(at, size, endian);
                        int next = taken.nextSetBit(at);
                        if ((next < 0 || next >= at + size) && countsUp(field)) {
                            return Optional.of(field);
                        }
                    }
                }
            }
            return Optional.empty();
        }

        private boolean countsUp(Field field) {
            if (cut.frames() < 4) {
                return false;
            }
            long mask = (1L << field.bits()) - 1;
            int steps = 0;
            for (int i = 1; i < cut.frames(); i++) {
                steps += ((field.read(cut, i) - field.read(cut, i - 1)) & mask) == 1 ? 1 : 0;
            }
            return steps >= SEQUENCE_PART * (cut.frames() - 1) && hasOwnUpperBytes(field);
        }

        /** A constant in front of a byte that counts is another field, but zeros may be its own: they need not be checked. */
        private boolean hasOwnUpperBytes(Field field) {
            long first = field.read(cut, 0) >>> 8;
            for (int i = 1; i < cut.frames(); i++) {
                if (field.read(cut, i) >>> 8 != first) {
                    return true;
                }
            }
            return first == 0;
        }

        private Optional<Field> type(int limit) {
            for (int at = 0; at < limit; at++) {
                Column column = Column.of(cut, at);
                boolean isFew = column.distinct() >= 2
                        && column.distinct() <= Math.min(MOST_TYPES, Math.max(2, cut.frames() / 4))
                        && column.frames() == cut.frames();
                if (isFew && !taken.get(at)) {
                    return Optional.of(widened(at, column.distinct(), limit));
                }
            }
            return Optional.empty();
        }

        /** With the bytes behind it that tell more types apart; where the header's end is open, behind constants and one such only. */
        private Field widened(int at, int distinct, int limit) {
            int next = taken.nextSetBit(at);
            int end = Math.min(at + MOST_TYPE_BYTES, next < 0 ? limit : Math.min(next, limit));
            boolean isOpen = next < 0 && !isEndKnown;
            Field widest = Field.bytes(at, 1, Endian.BIG);
            int most = Math.min(MOST_TYPES, Math.max(2, cut.frames() / 4));
            int told = distinct;
            for (int size = 2; at + size <= end; size++) {
                Field wide = Field.bytes(at, size, Endian.BIG);
                Set<Long> values = new HashSet<>();
                for (int i = 0; i < cut.frames() && values.size() <= most; i++) {
                    values.add(wide.read(cut, i));
                }
                if (values.size() > most) {
                    break;
                }
                if (values.size() > told) {
                    widest = wide;
                    told = values.size();
                    if (isOpen) {
                        break;
                    }
                }
            }
            return widest;
        }

        /** Flags beside the length, where there are some. */
        private Optional<Field> besideLength() {
            if (length.isEmpty() || length.get().isWhole()) {
                return Optional.empty();
            }
            LengthGuess l = length.get();
            Field above =
                    new Field(l.at(), l.size(), l.endian(), l.shift() + l.bits(), 8 * l.size() - l.shift() - l.bits());
            if (l.isBehindSyncByte(cut)) {
                // Constants above it belong to the sync, under a mask; what is left of them are flags.
                int varying = Column.of(cut, l.at()).varying() & ~l.bitsInFirstByte();
                if (varying == 0) {
                    return Optional.empty();
                }
                int shift = Integer.numberOfTrailingZeros(varying);
                return Optional.of(
                        new Field(l.at(), 1, Endian.BIG, shift, 32 - Integer.numberOfLeadingZeros(varying) - shift));
            }
            Field below = new Field(l.at(), l.size(), l.endian(), 0, l.shift());
            for (Field field : List.of(above, below)) {
                for (int i = 0; field.bits() > 0 && i < cut.frames(); i++) {
                    if (field.read(cut, i) != 0) {
                        return Optional.of(field);
                    }
                }
            }
            return Optional.empty();
        }

        /**
         * Where all frames are of one type, it is the small number behind the sync or the length: better a field that other types can
         * come in than a constant that refuses them.
         */
        private Optional<Field> constantType(Optional<Field> sequence) {
            int lengthAt = length.map(LengthGuess::at).orElse(0);
            int lengthEnd = length.map(LengthGuess::end).orElse(0);
            int limit = isEndKnown ? fixedEnd : most;
            int front = 0;
            while (front < lengthAt && !taken.get(front) && isConstant(front)) {
                front++;
            }
            if ((front == 1 || front >= 3) && isSmall(front - 1)) {
                return Optional.of(Field.bytes(front - 1, 1, Endian.BIG));
            }
            int behind = taken.nextClearBit(lengthEnd);
            boolean isLikely = length.isPresent() || sequence.isPresent() || holdsPackets;
            return isLikely && behind < limit && isConstant(behind) && isSmall(behind)
                    ? Optional.of(Field.bytes(behind, 1, Endian.BIG))
                    : Optional.empty();
        }

        private boolean isSmall(int at) {
            int value = Column.of(cut, at).first();
            return value > 0 && value < 0x60;
        }
    }
}
