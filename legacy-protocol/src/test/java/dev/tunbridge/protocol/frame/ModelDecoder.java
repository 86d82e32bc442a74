package dev.tunbridge.protocol.frame;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The decoder as one would explain it: the whole stream in an array, every place tried from its beginning, checksums a bit
 * at a time. Its events are lines of text.
 */
final class ModelDecoder {
    /** What bytes at a place turn out to be: a frame, not a frame, or too few to say. */
    private sealed interface Verdict {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Whole(int end, byte[] content) implements Verdict {}

    private record Bad(BadFrame reason) implements Verdict {}

    private record TooFew() implements Verdict {}

    private final FrameFormat format;
    private final byte[] stream;
    private final List<String> events = new ArrayList<>();

    private ModelDecoder(FrameFormat format, byte[] stream) {
        this.format = format;
        this.stream = stream;
    }

    static List<String> decode(FrameFormat format, byte[] stream) {
        ModelDecoder decoder = new ModelDecoder(format, stream);
        decoder.run();
        return decoder.events;
    }

    static String frameEvent(long start, long end, long type, List<Long> fields, byte[] payload) {
        return "frame " + start + ".." + end + " type " + type + " fields " + fields + " payload "
                + HexFormat.of().formatHex(payload);
    }

    private void run() {
        int at = 0;
        int lostAt = -1;
        BadFrame lostReason = BadFrame.SYNC;
        while (true) {
            if (lostAt < 0) {
                while (at < stream.length && isFill(at)) {
                    at++;
                }
            } else {
                while (at < stream.length && !mayStartAt(at)) {
                    at++;
                }
                if (at - lostAt > format.resync().maxScanBytes()) {
                    events.add("lost " + lostReason + " at " + lostAt);
                    return;
                }
            }
            if (at == stream.length) {
                return;
            }
            int start = at;
            while (start < stream.length && isFill(start)) {
                start++;
            }
            Verdict verdict = judge(start);
            if (verdict instanceof TooFew) {
                return;
            } else if (verdict instanceof Bad bad) {
                if (lostAt < 0) {
                    lostAt = at;
                    lostReason = bad.reason();
                    events.add("bad " + lostReason + " at " + lostAt);
                    if (!format.canResynchronise()) {
                        events.add("lost " + lostReason + " at " + lostAt);
                        return;
                    }
                }
                at++;
            } else if (verdict instanceof Whole whole) {
                if (lostAt >= 0) {
                    events.add("skipped " + lostAt + ".." + start);
                    lostAt = -1;
                }
                addFrame(start, whole);
                at = whole.end();
            }
        }
    }

    private void addFrame(int start, Whole whole) {
        if (!format.shapes().isEmpty()) {
            ModelDecoder shape = shapeAt(start).orElseThrow();
            shape.addFrame(start, whole, format.fields());
            events.addAll(shape.events);
        } else {
            addFrame(start, whole, format.fields());
        }
    }

    /** Of the shape that begins with the byte there. */
    private Optional<ModelDecoder> shapeAt(int start) {
        return format.shapes().stream()
                .filter(shape -> shape.sync().byteAt(0) == byteAt(start))
                .map(shape -> new ModelDecoder(shape, stream))
                .findFirst();
    }

    private void addFrame(int start, Whole whole, List<HeaderField> known) {
        byte[] content = whole.content();
        List<Long> fields = known.stream()
                .map(field -> format.field(field.name())
                        .map(own -> number(content, own.bits()))
                        .orElse(0L))
                .toList();
        int head = headBytes(content);
        byte[] payload = Arrays.copyOfRange(content, head, content.length - format.tailBytes());
        int key = keyBytes(content);
        for (int i = 0; key > 0 && i < payload.length; i++) {
            payload[i] ^= content[head - key + i % key];
        }
        events.add(frameEvent(
                start,
                whole.end(),
                format.typeField().map(field -> number(content, field)).orElseGet(() -> typeIn(payload)),
                fields,
                Arrays.copyOfRange(payload, strippedBytes(payload), payload.length)));
    }

    private long typeIn(byte[] payload) {
        return format.typing()
                .inPayload()
                .map(type -> payload.length < type.end()
                        ? Integer.toUnsignedLong(FrameView.NO_TYPE)
                        : number(payload, type.bits()))
                .orElse(Integer.toUnsignedLong(format.onlyType()));
    }

    private int strippedBytes(byte[] payload) {
        int bytes = format.typing().strippedBytes();
        return payload.length < bytes ? 0 : bytes;
    }

    private Optional<Integer> delimiter() {
        return switch (format.escape()) {
            case HDLC -> Optional.of(0x7E);
            case SLIP -> Optional.of(0xC0);
            case COBS -> Optional.of(0x00);
            case END -> Optional.of(format.end().orElseThrow());
            case NONE, DLE, SML -> Optional.empty();
        };
    }

    private int flag() {
        return format.trailer().byteAt(0);
    }

    private int byteAt(int index) {
        return stream[index] & 0xff;
    }

    private boolean isFill(int at) {
        if (format.mayShareFlag()) {
            return byteAt(at) == flag() && at + 1 < stream.length && byteAt(at + 1) == flag();
        }
        return delimiter().isPresent() && byteAt(at) == delimiter().get();
    }

    private boolean mayStartAt(int at) {
        if (delimiter().isPresent()) {
            return isFill(at) && (at + 1 == stream.length || !isFill(at + 1));
        }
        return !isFill(at)
                && (format.shapes().isEmpty()
                        || shapeAt(at)
                                .map(shape -> shape.format.canResynchronise())
                                .orElse(false));
    }

    private Verdict judge(int start) {
        if (start == stream.length) {
            return new TooFew();
        }
        if (!format.shapes().isEmpty()) {
            return shapeAt(start).map(shape -> shape.judge(start)).orElse(new Bad(BadFrame.SYNC));
        }
        return switch (format.escape()) {
            case NONE -> judgePlain(start);
            case HDLC, SLIP, COBS, END -> judgeDelimited(start);
            case DLE -> judgeDle(start);
            case SML -> judgeSml(start);
        };
    }

    private Verdict judgePlain(int start) {
        int available = stream.length - start;
        byte[] rest = Arrays.copyOfRange(stream, start, stream.length);
        for (int i = 0; i < Math.min(available, format.sync().sizeBytes()); i++) {
            if ((rest[i] & format.sync().maskAt(i)) != format.sync().byteAt(i)) {
                return new Bad(BadFrame.SYNC);
            }
        }
        if (available < format.payloadAt()) {
            return new TooFew();
        }
        if (!constantsMatch(rest)) {
            return new Bad(BadFrame.FIELD);
        }
        if (!headerCheckMatches(rest)) {
            return new Bad(BadFrame.CHECK);
        }
        int head = format.payloadAt();
        if (isGrowing()) {
            Optional<Integer> size = lengthSize(rest);
            if (size.isEmpty()) {
                return new TooFew();
            }
            if (size.get() == 0) {
                return new Bad(BadFrame.LENGTH);
            }
            head = format.length().orElseThrow().bits().at() + size.get() + keyBytes(rest);
        }
        long payload = payloadLength(rest);
        if (payload < 0 || payload > format.maxPayloadBytes()) {
            return new Bad(BadFrame.LENGTH);
        }
        int every = format.check().map(Check::every).orElse(0);
        int blocks = every == 0 ? 0 : (int) (payload + every - 1) / every;
        int total = head
                + (int) payload
                + blocks * format.check().map(c -> c.algorithm().sizeBytes()).orElse(0)
                + format.tailBytes();
        int signature = format.signature()
                .filter(s -> number(rest, format.field(s.when()).orElseThrow().bits()) == 1)
                .map(Signature::sizeBytes)
                .orElse(0);
        if (available < total + signature) {
            return new TooFew();
        }
        int end = start + total + signature - (format.mayShareFlag() ? 1 : 0);
        return every == 0
                ? judgeEnd(Arrays.copyOf(rest, total), end)
                : judgeBlocks(Arrays.copyOf(rest, total), head, (int) payload, end);
    }

    private Verdict judgeBlocks(byte[] wire, int head, int payload, int end) {
        Check check = format.check().orElseThrow();
        int size = check.algorithm().sizeBytes();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(wire, 0, head);
        boolean areRight = true;
        int at = head;
        for (int left = payload; left > 0; left -= check.every()) {
            int block = Math.min(left, check.every());
            content.write(wire, at, block);
            areRight &= number(wire, BitField.wholeBytes(at + block, size, check.endian()))
                    == ModelChecksum.compute(check.algorithm(), wire, at, block);
            at += block + size;
        }
        content.write(wire, at, wire.length - at);
        Verdict verdict = judgeEnd(content.toByteArray(), end);
        return verdict instanceof Whole && !areRight ? new Bad(BadFrame.CHECK) : verdict;
    }

    /** Of a key, which stands where a bit says so. */
    private int keyBytes(byte[] content) {
        return format.mask()
                .filter(mask ->
                        number(content, format.field(mask.when()).orElseThrow().bits()) == 1)
                .map(Mask::keyBytes)
                .orElse(0);
    }

    private Verdict judgeDelimited(int start) {
        int most = format.maxFrameBytes() - (format.escape() == Escape.COBS || format.escape() == Escape.END ? 1 : 2);
        int end = start;
        while (end < stream.length && !isFill(end)) {
            end++;
        }
        if (end - start > most) {
            return new Bad(BadFrame.LENGTH);
        }
        if (end == stream.length) {
            return new TooFew();
        }
        Optional<byte[]> content = switch (format.escape()) {
            case COBS -> uncobs(start, end);
            case END -> Optional.of(Arrays.copyOfRange(stream, start, end));
            default -> unescape(start, end);
        };
        return content.isEmpty() ? new Bad(BadFrame.ESCAPE) : judgeContent(content.get(), end + 1);
    }

    private Optional<byte[]> unescape(int start, int end) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        boolean hdlc = format.escape() == Escape.HDLC;
        int escape = hdlc ? 0x7D : 0xDB;
        int at = start;
        while (at < end) {
            int b = byteAt(at++);
            if (b != escape) {
                content.write(b);
                continue;
            }
            int escaped = at == end ? -1 : byteAt(at++);
            if (hdlc && escaped >= 0) {
                content.write(escaped ^ 0x20);
            } else if (!hdlc && escaped == 0xDC) {
                content.write(0xC0);
            } else if (!hdlc && escaped == 0xDD) {
                content.write(0xDB);
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(content.toByteArray());
    }

    private Optional<byte[]> uncobs(int start, int end) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int at = start;
        while (at < end) {
            int code = byteAt(at);
            if (at + code > end) {
                return Optional.empty();
            }
            content.write(stream, at + 1, code - 1);
            at += code;
            if (code < 255 && at < end) {
                content.write(0);
            }
        }
        return Optional.of(content.toByteArray());
    }

    private Verdict judgeDle(int start) {
        if (byteAt(start) != 0x10) {
            return new Bad(BadFrame.SYNC);
        }
        if (start + 1 == stream.length) {
            return new TooFew();
        }
        if (byteAt(start + 1) != 0x02) {
            return new Bad(BadFrame.SYNC);
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int at = start + 2;
        while (at < stream.length) {
            int b = byteAt(at++);
            if (b == 0x10) {
                if (at == stream.length) {
                    return new TooFew();
                }
                int second = byteAt(at++);
                if (second == 0x03) {
                    return judgeContent(content.toByteArray(), at);
                }
                if (second != 0x10) {
                    return new Bad(BadFrame.ESCAPE);
                }
            }
            content.write(b);
            if (content.size() > format.maxContentBytes()) {
                return new Bad(BadFrame.LENGTH);
            }
        }
        return new TooFew();
    }

    /** Words behind the start, of which one of 1B is there twice, or closes. */
    private Verdict judgeSml(int start) {
        byte[] rest = Arrays.copyOfRange(stream, start, stream.length);
        String begins = "1b1b1b1b01010101";
        String there = HexFormat.of().formatHex(Arrays.copyOf(rest, Math.min(8, rest.length)));
        if (!begins.startsWith(there)) {
            return new Bad(BadFrame.SYNC);
        }
        int most = (format.maxContentBytes() + 3) / 4 * 4;
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int at = 8; at + 4 <= rest.length; at += 4) {
            String word = HexFormat.of().formatHex(rest, at, at + 4);
            if (word.equals("1b1b1b1b")) {
                if (at + 8 > rest.length) {
                    return new TooFew();
                }
                at += 4;
                word = HexFormat.of().formatHex(rest, at, at + 4);
                if (!word.equals("1b1b1b1b")) {
                    return judgeSmlEnd(rest, start, at, content.toByteArray());
                }
            }
            content.write(rest, at, 4);
            if (content.size() > most) {
                return new Bad(BadFrame.LENGTH);
            }
        }
        return new TooFew();
    }

    private Verdict judgeSmlEnd(byte[] rest, int start, int at, byte[] filled) {
        int fill = rest[at + 1] & 0xff;
        if (rest[at] != 0x1A || fill > 3 || fill > filled.length) {
            return new Bad(BadFrame.ESCAPE);
        }
        if (filled.length - fill > format.maxContentBytes()) {
            return new Bad(BadFrame.LENGTH);
        }
        long check = ModelChecksum.compute(
                CrcCatalogue.find("crc16-x25").orElseThrow(), Arrays.copyOf(rest, at + 2), 0, at + 2);
        return number(rest, BitField.wholeBytes(at + 2, 2, Endian.LITTLE)) == check
                ? judgeContent(Arrays.copyOf(filled, filled.length - fill), start + at + 4)
                : new Bad(BadFrame.CHECK);
    }

    private Verdict judgeContent(byte[] content, int end) {
        int payload = content.length - format.payloadAt() - format.tailBytes();
        if (payload < 0 || payload > format.maxPayloadBytes()) {
            return new Bad(BadFrame.LENGTH);
        }
        if (!constantsMatch(content)) {
            return new Bad(BadFrame.FIELD);
        }
        if (!headerCheckMatches(content)) {
            return new Bad(BadFrame.CHECK);
        }
        if (format.length().isPresent() && payloadLength(content) != payload) {
            return new Bad(BadFrame.LENGTH);
        }
        return judgeEnd(content, end);
    }

    private Verdict judgeEnd(byte[] content, int end) {
        BytePattern trailer = format.trailer();
        for (int i = 0; i < trailer.sizeBytes(); i++) {
            if ((content[content.length - trailer.sizeBytes() + i] & 0xff) != trailer.byteAt(i)) {
                return new Bad(BadFrame.TRAILER);
            }
        }
        return format.check().isPresent()
                        && !format.check().get().isOfBlocks()
                        && !checkMatches(content, format.check().get())
                ? new Bad(BadFrame.CHECK)
                : new Whole(end, content);
    }

    private boolean constantsMatch(byte[] content) {
        return format.fields().stream()
                .filter(field -> field.value().isPresent())
                .allMatch(
                        field -> number(content, field.bits()) == field.value().getAsLong());
    }

    private boolean isGrowing() {
        return format.length().isPresent() && format.length().get().isGrowing();
    }

    private int headBytes(byte[] content) {
        return isGrowing()
                ? format.length().orElseThrow().bits().at()
                        + lengthSize(content).orElseThrow()
                        + keyBytes(content)
                : format.payloadAt();
    }

    /** Bytes of a length that grows, 0 where it is none, empty where it is not whole. */
    private Optional<Integer> lengthSize(byte[] content) {
        LengthField length = format.length().orElseThrow();
        byte[] from = Arrays.copyOfRange(content, length.bits().at(), content.length);
        return switch (length.encoding()) {
            case VARINT -> {
                int size = 1;
                while (size <= from.length && from[size - 1] < 0) {
                    size++;
                }
                yield size > length.bits().size()
                        ? Optional.of(0)
                        : size > from.length ? Optional.empty() : Optional.of(size);
            }
            case STAGED -> {
                long first = number(content, length.bits());
                long most = (1L << length.bits().bits()) - 1;
                int size = first == most ? 9 : first == most - 1 ? 3 : 1;
                if (size > from.length) {
                    yield Optional.empty();
                }
                java.math.BigInteger value = grown(content);
                boolean isShortest = size == 1
                        || (size == 3
                                ? value.longValue() >= most - 1
                                : value.bitLength() < 64 && value.bitLength() > 16);
                yield Optional.of(isShortest ? size : 0);
            }
            default -> {
                String text = new String(from, StandardCharsets.ISO_8859_1);
                String digit = length.encoding() == LengthField.Encoding.ASCII_HEX ? "[0-9a-fA-F]" : "[0-9]";
                String digits = text.replaceFirst(
                        "(?s)^(" + digit + "{0," + length.bits().size() + "}).*", "$1");
                String rest = text.substring(digits.length());
                StringBuilder until = new StringBuilder();
                for (int i = 0; i < length.until().sizeBytes(); i++) {
                    until.append((char) length.until().byteAt(i));
                }
                if (rest.isEmpty()) {
                    yield Optional.empty();
                }
                if (digits.isEmpty()) {
                    yield Optional.of(0);
                }
                yield rest.startsWith(until.toString())
                        ? Optional.of(digits.length() + until.length())
                        : until.toString().startsWith(rest) ? Optional.empty() : Optional.of(0);
            }
        };
    }

    /** The number of a length that grows and is whole. */
    private java.math.BigInteger grown(byte[] content) {
        LengthField length = format.length().orElseThrow();
        int at = length.bits().at();
        switch (length.encoding()) {
            case VARINT -> {
                StringBuilder bits = new StringBuilder();
                for (int i = at; ; i++) {
                    String group = Integer.toBinaryString((1 << 7) | (content[i] & 0x7F))
                            .substring(1);
                    bits.insert(length.bits().endian() == Endian.LITTLE ? 0 : bits.length(), group);
                    if (content[i] >= 0) {
                        return new java.math.BigInteger(bits.toString(), 2);
                    }
                }
            }
            case STAGED -> {
                long first = number(content, length.bits());
                long most = (1L << length.bits().bits()) - 1;
                byte[] raw = Arrays.copyOfRange(content, at + 1, at + (first == most ? 9 : 3));
                if (length.bits().endian() == Endian.LITTLE) {
                    reverse(raw);
                }
                return first < most - 1 ? java.math.BigInteger.valueOf(first) : new java.math.BigInteger(1, raw);
            }
            default -> {
                int radix = length.encoding() == LengthField.Encoding.ASCII_HEX ? 16 : 10;
                int size = lengthSize(content).orElseThrow() - length.until().sizeBytes();
                return new java.math.BigInteger(new String(content, at, size, StandardCharsets.US_ASCII), radix);
            }
        }
    }

    private long payloadLength(byte[] content) {
        if (format.length().isEmpty()) {
            return format.maxPayloadBytes();
        }
        LengthField length = format.length().orElseThrow();
        BitField bits = length.bits();
        if (isGrowing()) {
            int tail = length.counts() == LengthField.Counts.AFTER_LENGTH ? format.tailBytes() : 0;
            return grown(content).longValueExact() - length.adjust() - tail;
        }
        long value = fixedNumber(content, length, bits);
        if (length.repeatedAt().isPresent()) {
            int again = length.repeatedAt().getAsInt();
            BitField repeated = new BitField(again, bits.size(), bits.endian(), bits.shift(), bits.bits());
            if (value != fixedNumber(content, length, repeated)) {
                return -1;
            }
        }
        if (value < 0) {
            return -1;
        }
        int uncounted = switch (length.counts()) {
            case PAYLOAD -> 0;
            case ALL -> format.payloadAt() + format.tailBytes();
            case AFTER_LENGTH -> format.payloadAt() + format.tailBytes() - bits.end();
        };
        return value - length.adjust() - uncounted;
    }

    private static long fixedNumber(byte[] content, LengthField length, BitField bits) {
        if (length.encoding() == LengthField.Encoding.BINARY) {
            return number(content, bits);
        }
        byte[] raw = Arrays.copyOfRange(content, bits.at(), bits.end());
        if (bits.endian() == Endian.LITTLE) {
            reverse(raw);
        }
        String digits = length.encoding() == LengthField.Encoding.BCD
                ? HexFormat.of().formatHex(raw)
                : new String(raw, StandardCharsets.ISO_8859_1);
        int radix = length.encoding() == LengthField.Encoding.ASCII_HEX ? 16 : 10;
        return digits.matches(radix == 10 ? "[0-9]+" : "[0-9a-fA-F]+") ? Long.parseLong(digits, radix) : -1;
    }

    private static long number(byte[] content, BitField field) {
        byte[] raw = Arrays.copyOfRange(content, field.at(), field.end());
        if (field.endian() == Endian.LITTLE) {
            reverse(raw);
        }
        return new java.math.BigInteger(1, raw)
                .shiftRight(field.shift())
                .mod(java.math.BigInteger.ONE.shiftLeft(field.bits()))
                .longValue();
    }

    private static void reverse(byte[] bytes) {
        for (int i = 0; i < bytes.length / 2; i++) {
            byte swapped = bytes[i];
            bytes[i] = bytes[bytes.length - 1 - i];
            bytes[bytes.length - 1 - i] = swapped;
        }
    }

    private boolean headerCheckMatches(byte[] content) {
        return format.headerCheck().isEmpty()
                || checkMatches(content, format.headerCheck().get());
    }

    private boolean checkMatches(byte[] content, Check check) {
        int payloadEnd = content.length - format.tailBytes();
        int from = check.from().index(0, payloadEnd);
        int to = check.to().index(0, payloadEnd);
        int at = check.at().index(0, payloadEnd);
        byte[] checked = Arrays.copyOfRange(content, from, to);
        if (!check.extra().isEmpty()) {
            Integer extra =
                    check.extra().get((int) number(content, format.typeField().orElseThrow()));
            if (extra == null) {
                return false;
            }
            checked = Arrays.copyOf(checked, checked.length + 1);
            checked[checked.length - 1] = extra.byteValue();
        }
        long computed = ModelChecksum.compute(check.algorithm(), checked, 0, checked.length);
        for (int i = 0; i < check.separator().sizeBytes(); i++) {
            if ((content[at++] & 0xff) != check.separator().byteAt(i)) {
                return false;
            }
        }
        if (check.encoding() == Check.Encoding.BINARY) {
            return number(content, BitField.wholeBytes(at, check.algorithm().sizeBytes(), check.endian())) == computed;
        }
        byte[] raw = Arrays.copyOfRange(content, at, at + 2 * check.algorithm().sizeBytes());
        if (check.endian() == Endian.LITTLE) {
            reverse(raw);
        }
        String digits = new String(raw, StandardCharsets.ISO_8859_1);
        return digits.matches("[0-9a-fA-F]+") && Long.parseLong(digits, 16) == computed;
    }
}
