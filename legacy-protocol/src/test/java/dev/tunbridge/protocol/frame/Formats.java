package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.Check.Position;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Complement;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Crc;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Fletcher;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm.Sum;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
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
                FrameFormat format = random.nextInt(6) == 0 ? shapes(random) : new Formats(random).draw();
                if (format.end().isEmpty() || StreamGenerator.canWrite(format, random)) {
                    return format;
                }
            } catch (DescriptionException e) {
                // Such as a maximum that the length drawn cannot hold: draw again.
            }
        }
    }

    /** Two to four shapes, of which each has a first byte of its own; some prove too little to be searched for. */
    private static FrameFormat shapes(Random random) {
        List<FrameFormat> shapes = new ArrayList<>();
        int count = 2 + random.nextInt(3);
        int first = random.nextInt(256);
        while (shapes.size() < count) {
            try {
                FrameFormat drawn = new Formats(random).draw();
                if (drawn.escape() == Escape.NONE
                        && !drawn.mayShareFlag()
                        && drawn.sync().sizeBytes() > 0) {
                    shapes.add(beginning(drawn, first));
                    first = first + 1 + random.nextInt(60) & 0xff;
                }
            } catch (DescriptionException e) {
                // As above.
            }
        }
        return FrameFormat.ofShapes(shapes, Map.of(), FrameTypes.PLAIN);
    }

    private static FrameFormat beginning(FrameFormat format, int first) {
        BytePattern sync = format.sync();
        int shift = 8 * (sync.sizeBytes() - 1);
        return with(
                format,
                new BytePattern(
                        sync.sizeBytes(),
                        (sync.value() & ~(0xFFL << shift)) | (long) first << shift,
                        sync.mask() | 0xFFL << shift),
                // A connection has one; a shape that proves too little is not searched for.
                Resync.DEFAULT,
                Map.of(),
                format.typeBits().isPresent() ? 0 : first,
                format.signature());
    }

    /** The same, but that a bit which brings a signature brings nothing, so that frames can be written with it. */
    static FrameFormat unsigned(FrameFormat format) {
        if (format.hasShapes()) {
            return FrameFormat.ofShapes(
                    format.shapes().stream().map(Formats::unsigned).toList(), format.types(), FrameTypes.PLAIN);
        }
        return format.signature().isEmpty()
                ? format
                : with(format, format.sync(), format.resync(), format.types(), format.onlyType(), Optional.empty());
    }

    private static FrameFormat with(
            FrameFormat format,
            BytePattern sync,
            Resync resync,
            Map<String, Integer> types,
            int onlyType,
            Optional<Signature> signature) {
        return new FrameFormat(
                format.name(),
                sync,
                format.fields(),
                format.length(),
                format.payloadAt(),
                format.maxPayloadBytes(),
                format.check(),
                format.trailer(),
                format.escape(),
                resync,
                types,
                format.keepAliveEveryNanos(),
                format.deadAfterNanos(),
                format.flags(),
                format.headerCheck(),
                format.end(),
                format.mask(),
                onlyType,
                signature,
                List.of(),
                FrameTypes.PLAIN.in(format.typing().inPayload()));
    }

    private FrameFormat draw() {
        Escape escape = random.nextBoolean() ? Escape.NONE : Seeds.pick(random, List.of(Escape.values()));
        BytePattern sync =
                escape == Escape.NONE && random.nextBoolean() ? pattern(1 + random.nextInt(3)) : BytePattern.EMPTY;
        boolean isFlagged = escape == Escape.NONE && random.nextInt(6) == 0;
        int flag = random.nextInt(256);
        OptionalInt end = escape == Escape.END ? OptionalInt.of(random.nextInt(256)) : OptionalInt.empty();
        // No sync of two flags, or the second would be one.
        sync = isFlagged ? new BytePattern(2, flag << 8 | (~flag & 0xF0), 0xFFF0) : sync;
        at = sync.sizeBytes();
        List<String> order = new ArrayList<>(random.nextInt(6) == 0 ? List.of("length") : List.of("type", "length"));
        // What stands in every frame must not be what ends one.
        for (String optional : escape == Escape.END
                ? List.of("flags", "check")
                : List.of("sequence", "flags", "constant", "check", "gap")) {
            if (random.nextInt(3) == 0) {
                order.add(optional);
            }
        }
        Collections.shuffle(order, random);
        boolean isGrowing = escape == Escape.NONE && random.nextInt(4) == 0;
        Optional<Mask> mask = isGrowing && random.nextBoolean()
                ? Optional.of(new Mask("masked", Seeds.pick(random, List.of(1, 2, 4, 8))))
                : Optional.empty();
        if (mask.isPresent()) {
            fields.add(new HeaderField(
                    "masked", new BitField(at, 1, Endian.BIG, random.nextInt(8), 1), OptionalLong.empty()));
            at++;
        }
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
                    length = (escape == Escape.NONE && (isGrowing || random.nextInt(6) > 0)) || random.nextBoolean()
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
        trailer = escape == Escape.END && random.nextBoolean()
                ? BytePattern.of(new byte[] {(byte) ~end.getAsInt()})
                : trailer;
        trailer = isFlagged ? new BytePattern(1, flag, 0xFF) : trailer;
        Optional<Check> headerCheck = Optional.empty();
        if (at > 0 && !isGrowing && random.nextInt(5) == 0) {
            ChecksumAlgorithm ofHeader = algorithm();
            Position headerEnd = Position.fromStart(at);
            headerCheck = Optional.of(
                    new Check(ofHeader, Position.fromStart(random.nextInt(at)), headerEnd, headerEnd, endian()));
            at += ofHeader.sizeBytes();
        }
        boolean isUnchecked = mask.isPresent() || (random.nextInt(4) == 0 && checkAt < 0);
        Optional<Check> check = isUnchecked ? Optional.empty() : Optional.of(check(algorithm, checkAt));
        check = check.map(this::continued);
        if (length.isPresent()
                && check.isPresent()
                && checkAt < 0
                && escape == Escape.NONE
                && !isGrowing
                && random.nextInt(4) == 0) {
            Position payload = Position.fromStart(at);
            check = Optional.of(new Check(
                    algorithm,
                    payload,
                    Position.PAYLOAD_END,
                    Position.PAYLOAD_END,
                    endian(),
                    Check.Encoding.BINARY,
                    BytePattern.EMPTY,
                    1 + random.nextInt(20),
                    Map.of()));
        }
        Optional<Signature> signature = Optional.empty();
        if (escape == Escape.NONE
                && !isGrowing
                && trailer.sizeBytes() == 0
                && check.filter(Check::isOfBlocks).isEmpty()
                && length.map(LengthField::counts).orElse(LengthField.Counts.PAYLOAD) == LengthField.Counts.PAYLOAD
                && random.nextBoolean()) {
            fields.add(new HeaderField(
                    "signed", new BitField(at, 1, Endian.BIG, random.nextInt(8), 1), OptionalLong.empty()));
            at++;
            signature = Optional.of(new Signature("signed", 1 + random.nextInt(20)));
        }
        Map<Integer, Integer> extra = check.map(Check::extra).orElse(Map.of());
        // Now and then longer than a full block of COBS.
        int mostBytes = random.nextInt(6) == 0 ? 200 + random.nextInt(900) : 1 + random.nextInt(60);
        return new FrameFormat(
                "random",
                sync,
                fields,
                length,
                at,
                mostBytes,
                check,
                trailer,
                escape,
                new Resync(BoundaryGrade.ANCHORED, random.nextInt(4) == 0 ? random.nextInt(200) : 65_536),
                fields.stream().noneMatch(field -> field.name().equals("type"))
                        ? Map.of("hello", 0)
                        : extra.isEmpty() ? Map.of("hello", 1) : Map.of("hello", Collections.min(extra.keySet())),
                1,
                2,
                isFlagged || escape == Escape.HDLC || escape == Escape.SLIP
                        ? Seeds.pick(random, List.of(Flags.values()))
                        : Flags.OWN,
                headerCheck,
                end,
                mask,
                0,
                signature,
                List.of(),
                FrameTypes.PLAIN.in(payloadType(mostBytes)));
    }

    /** Now and then, where no field of the header is one. */
    private Optional<PayloadType> payloadType(int mostBytes) {
        if (fields.stream().anyMatch(field -> field.name().equals("type")) || random.nextBoolean()) {
            return Optional.empty();
        }
        int size = 1 + random.nextInt(Math.min(3, mostBytes));
        if (random.nextBoolean()) {
            return Optional.of(new PayloadType(BitField.wholeBytes(0, size, endian()), false));
        }
        int shift = random.nextInt(5);
        BitField bits = new BitField(
                random.nextInt(mostBytes - size + 1), size, endian(), shift, 1 + random.nextInt(8 * size - shift));
        return Optional.of(new PayloadType(bits, true));
    }

    /** The same, continued over a byte by type now and then. */
    private Check continued(Check check) {
        Optional<HeaderField> type =
                fields.stream().filter(field -> field.name().equals("type")).findFirst();
        if (!(check.algorithm() instanceof Crc) || type.isEmpty() || random.nextInt(3) > 0) {
            return check;
        }
        Map<Integer, Integer> extra = new HashMap<>();
        for (int i = 0; i <= random.nextInt(8); i++) {
            extra.put(random.nextInt() & (int) type.get().bits().mask(), random.nextInt(256));
        }
        return check.continued(extra);
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
                random.nextInt(4) > 0 ? LengthField.Counts.PAYLOAD : LengthField.Counts.AFTER_LENGTH,
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
        if (random.nextInt(4) == 0) {
            return new Check(
                    algorithm,
                    from,
                    to,
                    Position.PAYLOAD_END,
                    endian(),
                    Seeds.pick(random, List.of(Check.Encoding.values())),
                    random.nextBoolean() ? BytePattern.EMPTY : BytePattern.of(new byte[] {'*'}),
                    0,
                    Map.of());
        }
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
        return CrcCatalogue.find(
                        Seeds.pick(random, List.copyOf(CrcCatalogue.all().keySet())))
                .orElseThrow();
    }

    private Endian endian() {
        return random.nextBoolean() ? Endian.BIG : Endian.LITTLE;
    }
}
