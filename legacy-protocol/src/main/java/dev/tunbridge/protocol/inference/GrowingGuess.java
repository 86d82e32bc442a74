package dev.tunbridge.protocol.inference;

/**
 * A guess at a length that takes more bytes the greater it is; it counts the payload.
 *
 * @param at bytes from the start of the frame, and where its header ends but for the length
 * @param tailBytes behind the payload
 */
record GrowingGuess(Kind kind, int at, int tailBytes) {
    private static final int MOST_VARINT_BYTES = 4;
    private static final int MOST_DIGITS = 7;
    private static final int NONE = -1;

    private static final int MASKED = 0x80;
    static final int KEY_BYTES = 4;

    /** How it is written. */
    enum Kind {
        VARINT_LEAST_FIRST("size: 4, encoding: varint, endian: little"),
        VARINT("size: 4, encoding: varint"),
        STAGED("size: 1, bits: 7, encoding: staged"),
        /** The bit beside it says that a key follows, with which the payload is masked (RFC 6455, section 5.2). */
        STAGED_BESIDE_MASK("size: 1, bits: 7, encoding: staged"),
        HEX_CR_LF("size: 7, encoding: ascii-hex, until: \"0D 0A\""),
        HEX_LF("size: 7, encoding: ascii-hex, until: \"0A\""),
        DECIMAL_CR_LF("size: 7, encoding: ascii-decimal, until: \"0D 0A\""),
        DECIMAL_LF("size: 7, encoding: ascii-decimal, until: \"0A\""),
        DECIMAL_COLON("size: 7, encoding: ascii-decimal, until: \"3A\"");

        private final String keys;

        Kind(String keys) {
            this.keys = keys;
        }
    }

    String yaml(long most) {
        return "{at: " + at + ", " + kind.keys + ", counts: payload, max: " + most + "}";
    }

    /** The size of the length at the index in the upper half, the number in the lower; −1 where none is there. */
    private long field(byte[] bytes, int index) {
        return switch (kind) {
            case VARINT_LEAST_FIRST -> varint(bytes, index, true);
            case VARINT -> varint(bytes, index, false);
            case STAGED, STAGED_BESIDE_MASK -> staged(bytes, index);
            case HEX_CR_LF -> digits(bytes, index, 16, "\r\n");
            case HEX_LF -> digits(bytes, index, 16, "\n");
            case DECIMAL_CR_LF -> digits(bytes, index, 10, "\r\n");
            case DECIMAL_LF -> digits(bytes, index, 10, "\n");
            case DECIMAL_COLON -> digits(bytes, index, 10, ":");
        };
    }

    private static long found(int size, long value) {
        return value > LengthGuess.LONGEST_FRAME_BYTES ? NONE : (long) size << 32 | value;
    }

    private static long varint(byte[] bytes, int index, boolean isLeastFirst) {
        long value = 0;
        for (int i = 0; i < MOST_VARINT_BYTES && index + i < bytes.length; i++) {
            int next = bytes[index + i] & 0xff;
            long group = next & 0x7f;
            value = isLeastFirst ? value | group << (7 * i) : value << 7 | group;
            if (next < 0x80) {
                boolean isShortest = i == 0 || (isLeastFirst ? group != 0 : value >>> (7 * i) != 0);
                return isShortest ? found(i + 1, value) : NONE;
            }
        }
        return NONE;
    }

    private static long staged(byte[] bytes, int index) {
        int first = bytes[index] & 0x7f;
        if (first < 126) {
            return found(1, first);
        }
        if (first == 127 || index + 3 > bytes.length) {
            return NONE;
        }
        long value = LengthGuess.raw(bytes, index + 1, 2, dev.tunbridge.protocol.frame.Endian.BIG);
        return value < 126 ? NONE : found(3, value);
    }

    private static long digits(byte[] bytes, int index, int radix, String until) {
        long value = 0;
        int at = index;
        while (at < bytes.length && at - index < MOST_DIGITS && Character.digit(bytes[at], radix) >= 0) {
            value = radix * value + Character.digit(bytes[at++], radix);
        }
        if (at == index || at + until.length() > bytes.length) {
            return NONE;
        }
        for (int i = 0; i < until.length(); i++) {
            if (bytes[at++] != until.charAt(i)) {
                return NONE;
            }
        }
        return found(at - index, value);
    }

    /** The bytes of the length of a frame that begins here; −1 for none. */
    int sizeBytes(byte[] bytes, int start) {
        long field = start + at < bytes.length ? field(bytes, start + at) : NONE;
        return field < 0 ? NONE : (int) (field >>> 32);
    }

    /** The bytes of the whole frame that begins here, {@link LengthGuess#NO_FRAME} for none. */
    int total(byte[] bytes, int start) {
        long field = start + at < bytes.length ? field(bytes, start + at) : NONE;
        return field < 0
                ? LengthGuess.NO_FRAME
                : at + (int) (field >>> 32) + keyBytes(bytes, start) + (int) field + tailBytes;
    }

    boolean mayMask() {
        return kind == Kind.STAGED_BESIDE_MASK;
    }

    /** The same whose payload may be masked. */
    GrowingGuess besideMask() {
        return new GrowingGuess(Kind.STAGED_BESIDE_MASK, at, tailBytes);
    }

    /** The bytes of the key behind the length of the frame that begins here. */
    int keyBytes(byte[] bytes, int start) {
        return mayMask() && (bytes[start + at] & MASKED) != 0 ? KEY_BYTES : 0;
    }
}
