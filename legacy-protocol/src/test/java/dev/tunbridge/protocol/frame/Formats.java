package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.Check.Position;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Complement;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;

/** Draws formats that work, over all escapes, encodings and checks. */
final class Formats {
    private final Random random;
    private final List<HeaderField> fields = new ArrayList<>();
    private int at;

    private Formats(Random random) {
        this.random = random;
    }

    static FrameFormat random(Random random) {
        while (true) {
            try {
                return new Formats(random).draw();
            } catch (DescriptionException e) {
                // Such as a maximum that the length drawn cannot hold: draw again.
            }
        }
    }

    private FrameFormat draw() {
        Escape escape = random.nextBoolean() ? Escape.NONE : Seeds.pick(random, List.of(Escape.values()));
        BytePattern sync =
                escape == Escape.NONE && random.nextBoolean() ? pattern(1 + random.nextInt(3)) : BytePattern.EMPTY;
        boolean isFlagged = escape == Escape.NONE && random.nextInt(6) == 0;
        int flag = random.nextInt(256);
        // No sync of two flags, or the second would be one.
        sync = isFlagged ? new BytePattern(2, flag << 8 | (~flag & 0xF0), 0xFFF0) : sync;
        at = sync.sizeBytes();
        List<String> order = new ArrayList<>(random.nextInt(6) == 0 ? List.of("length") : List.of("type", "length"));
        for (String optional : List.of("sequence", "flags", "constant", "check", "gap")) {
            if (random.nextInt(3) == 0) {
                order.add(optional);
            }
        }
        Collections.shuffle(order, random);
        boolean isGrowing = escape == Escape.NONE && random.nextInt(4) == 0;
        if (isGrowing) {
            order.remove("length");
            order.add("length");
        }
        Optional<LengthField> length = Optional.empty();
        int checkAt = -1;
        ChecksumAlgorithm algorithm = algorithm();
        for (String name : order) {
            switch (name) {
                case "length" ->
                    length = escape == Escape.NONE || random.nextBoolean()
                            ? Optional.of(isGrowing ? growingLength() : length())
                            : length;
                case "check" -> {
                    checkAt = at;
                    at += algorithm.sizeBytes();
                }
                case "gap" -> at += 1 + random.nextInt(3);
                case "constant" -> field(name, OptionalLong.of(random.nextInt(16)));
                default -> field(name, OptionalLong.empty());
            }
        }
        BytePattern trailer =
                escape == Escape.NONE && random.nextInt(3) == 0 ? pattern(1 + random.nextInt(2)) : BytePattern.EMPTY;
        trailer = new BytePattern(
                trailer.sizeBytes(),
                trailer.value(),
                trailer.sizeBytes() == 0 ? 0 : -1L >>> (64 - 8 * trailer.sizeBytes()));
        trailer = isFlagged ? new BytePattern(1, flag, 0xFF) : trailer;
        Optional<Check> headerCheck = Optional.empty();
        if (at > 0 && !isGrowing && random.nextInt(5) == 0) {
            ChecksumAlgorithm ofHeader = algorithm();
            Position end = Position.fromStart(at);
            headerCheck = Optional.of(new Check(ofHeader, Position.fromStart(random.nextInt(at)), end, end, endian()));
            at += ofHeader.sizeBytes();
        }
        Optional<Check> check =
                random.nextInt(4) == 0 && checkAt < 0 ? Optional.empty() : Optional.of(check(algorithm, checkAt));
        return new FrameFormat(
                "random",
                "reference",
                sync,
                fields,
                length,
                at,
                // Now and then longer than a full block of COBS.
                random.nextInt(6) == 0 ? 200 + random.nextInt(900) : 1 + random.nextInt(60),
                check,
                trailer,
                escape,
                new Resync(BoundaryGrade.ANCHORED, random.nextInt(4) == 0 ? random.nextInt(200) : 65_536),
                fields.stream().anyMatch(field -> field.name().equals("type"))
                        ? Map.of("hello", 1)
                        : Map.of("hello", 0),
                1,
                2,
                isFlagged || escape == Escape.HDLC || escape == Escape.SLIP
                        ? Seeds.pick(random, List.of(Flags.values()))
                        : Flags.OWN,
                headerCheck);
    }

    private BytePattern pattern(int sizeBytes) {
        long mask = random.nextInt(3) == 0 ? random.nextLong() : -1L;
        return new BytePattern(sizeBytes, random.nextLong(), mask & (-1L >>> (64 - 8 * sizeBytes)));
    }

    private void field(String name, OptionalLong value) {
        int size = 1 + random.nextInt(name.equals("type") ? 4 : 8);
        int shift = random.nextInt(5);
        int bits = 4 + random.nextInt(8 * size - shift - 3);
        fields.add(new HeaderField(name, new BitField(at, size, endian(), shift, bits), value));
        at += size;
    }

    private LengthField length() {
        LengthField.Encoding encoding = Seeds.pick(
                random,
                List.of(
                        LengthField.Encoding.BINARY,
                        LengthField.Encoding.BCD,
                        LengthField.Encoding.ASCII_HEX,
                        LengthField.Encoding.ASCII_DECIMAL));
        int size = 1 + random.nextInt(4);
        BitField bits = BitField.wholeBytes(at, size, endian());
        if (encoding == LengthField.Encoding.BINARY && random.nextBoolean()) {
            int shift = random.nextInt(3);
            bits = new BitField(at, size, endian(), shift, 8 * size - shift - random.nextInt(3));
            // Another field in the bits that the length leaves.
            if (shift > 0) {
                fields.add(new HeaderField(
                        "shared", new BitField(at, size, bits.endian(), 0, shift), OptionalLong.empty()));
            }
        }
        at += size;
        OptionalInt repeatedAt = OptionalInt.empty();
        if (random.nextInt(5) == 0) {
            repeatedAt = OptionalInt.of(at);
            at += size;
        }
        LengthField.Counts counts = Seeds.pick(random, List.of(LengthField.Counts.values()));
        return new LengthField(encoding, bits, counts, random.nextInt(7) - 2, BytePattern.EMPTY, repeatedAt);
    }

    private LengthField growingLength() {
        LengthField.Encoding encoding = Seeds.pick(
                random,
                List.of(
                        LengthField.Encoding.VARINT,
                        LengthField.Encoding.STAGED,
                        LengthField.Encoding.ASCII_HEX,
                        LengthField.Encoding.ASCII_DECIMAL));
        BytePattern until = encoding.isText()
                ? Seeds.pick(random, List.of(BytePattern.of(new byte[] {'\r', '\n'}), BytePattern.of(new byte[] {':'})))
                : BytePattern.EMPTY;
        BitField bits =
                BitField.wholeBytes(at, encoding == LengthField.Encoding.STAGED ? 1 : 2 + random.nextInt(3), endian());
        if (encoding == LengthField.Encoding.STAGED) {
            int shift = random.nextInt(3);
            bits = new BitField(at, 1, endian(), shift, 5 - random.nextInt(3));
            if (shift > 0) {
                fields.add(new HeaderField("shared", new BitField(at, 1, Endian.BIG, 0, shift), OptionalLong.empty()));
            }
        }
        LengthField length = new LengthField(
                encoding,
                bits,
                Seeds.pick(random, List.of(LengthField.Counts.PAYLOAD, LengthField.Counts.AFTER_LENGTH)),
                random.nextInt(7) - 2,
                until,
                OptionalInt.empty());
        at = length.leastEnd();
        return length;
    }

    private Check check(ChecksumAlgorithm algorithm, int checkAt) {
        if (checkAt >= 0) {
            Position from = Position.fromStart(checkAt + algorithm.sizeBytes());
            return new Check(algorithm, from, Position.PAYLOAD_END, Position.fromStart(checkAt), endian());
        }
        Position from = Position.fromStart(random.nextInt(Math.max(1, at)));
        Position to = random.nextInt(4) == 0 ? Position.fromStart(at) : Position.PAYLOAD_END;
        return new Check(algorithm, from, to, Position.PAYLOAD_END, endian());
    }

    private ChecksumAlgorithm algorithm() {
        if (random.nextInt(4) == 0) {
            return new Sum(1 + random.nextInt(4), random.nextInt(9), Seeds.pick(random, List.of(Complement.values())));
        }
        if (random.nextInt(6) == 0) {
            return new ChecksumAlgorithm.Xor(random.nextInt(256));
        }
        if (random.nextInt(6) == 0) {
            return Seeds.pick(random, List.of(Fletcher.ADLER_32, new Fletcher(2, 255, 0), new Fletcher(2, 256, 0)));
        }
        if (random.nextInt(3) == 0) {
            int width = 8 * (1 + random.nextInt(4));
            int mask = -1 >>> (32 - width);
            return new Crc(
                    width,
                    (random.nextInt() & mask) | 1,
                    random.nextInt() & mask,
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextInt() & mask);
        }
        return CrcCatalogue.find(Seeds.pick(random, List.of(CrcCatalogue.names().split(", ", -1))))
                .orElseThrow();
    }

    private Endian endian() {
        return random.nextBoolean() ? Endian.BIG : Endian.LITTLE;
    }
}
