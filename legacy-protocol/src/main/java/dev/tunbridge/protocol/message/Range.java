package dev.tunbridge.protocol.message;

/** The ranges of numbers on the wire. */
final class Range {
    static final long U16 = 0xFFFF;
    static final long U32 = 0xFFFF_FFFFL;

    private Range() {}

    static void u8(String field, long value) {
        check(field, value, 0xFF);
    }

    static void u16(String field, long value) {
        check(field, value, U16);
    }

    static void u32(String field, long value) {
        check(field, value, U32);
    }

    static void check(String field, long value, long maximum) {
        if (value < 0 || value > maximum) {
            throw new IllegalArgumentException(field + " is " + value + "; allowed 0 to " + maximum);
        }
    }
}
