package dev.tunbridge.protocol.message;

/** The ranges of numbers on the wire. */
final class Range {
    private Range() {}

    static void u8(String field, long value) {
        check(field, value, 0xFF);
    }

    static void u16(String field, long value) {
        check(field, value, 0xFFFF);
    }

    static void u32(String field, long value) {
        check(field, value, 0xFFFF_FFFFL);
    }

    static void check(String field, long value, long maximum) {
        if (value < 0 || value > maximum) {
            throw new IllegalArgumentException(field + " is " + value + "; allowed 0 to " + maximum);
        }
    }
}
