package dev.tunbridge.reassembly.recording;

/**
 * What the stamps of a pcapng interface count. Of {@code if_tsresol} the highest bit says whether a unit is a power of two
 * or of ten, the rest which one, negated; {@code if_tsoffset} is in seconds.
 */
final class TimeScale {
    /** The stamp cannot be told in nanoseconds since 1970: those end in April 2262. */
    static final long UNKNOWN = Long.MIN_VALUE;

    static final int MICROSECONDS = 6;

    private static final int OF_TWO = 0x80;
    private static final int EXPONENT = 0x7f;
    /** Beyond these a second is more units than a stamp has bits for. */
    private static final int MOST_OF_TEN = 19;

    private static final int MOST_OF_TWO = 63;
    private static final int NANO = 9;
    private static final long NANOS_PER_SECOND = PacketReader.NANOS_PER_SECOND;
    private static final long MOST_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND;

    private final boolean ofTwo;
    private final int exponent;
    private final long offsetSeconds;

    /** How often a nanosecond goes into a unit, or a unit into a nanosecond. */
    private final long factor;

    TimeScale(int resolution, long offsetSeconds) {
        ofTwo = (resolution & OF_TWO) != 0;
        exponent = resolution & EXPONENT;
        this.offsetSeconds = offsetSeconds;
        long power = 1;
        for (int i = 0; i < Math.abs(NANO - exponent) && !ofTwo; i++) {
            power *= 10;
        }
        factor = power;
    }

    static boolean isAllowed(int resolution) {
        return (resolution & EXPONENT) <= ((resolution & OF_TWO) != 0 ? MOST_OF_TWO : MOST_OF_TEN);
    }

    static String allowed() {
        return "10^-0 to 10^-" + MOST_OF_TEN + " (0 to " + MOST_OF_TEN + "), 2^-0 to 2^-" + MOST_OF_TWO + " (" + OF_TWO
                + " to " + (OF_TWO + MOST_OF_TWO) + ")";
    }

    /** Of a stamp without sign; {@link #UNKNOWN} where it is too late, or too early. */
    long toNanos(long units) {
        long nanos = withoutOffset(units);
        if (offsetSeconds == 0 || nanos == UNKNOWN) {
            return nanos;
        }
        long seconds = offsetSeconds + nanos / NANOS_PER_SECOND;
        boolean isTold = -2 * MOST_SECONDS < offsetSeconds
                && offsetSeconds < 2 * MOST_SECONDS
                && Math.abs(seconds) < MOST_SECONDS;
        return isTold ? seconds * NANOS_PER_SECOND + nanos % NANOS_PER_SECOND : UNKNOWN;
    }

    private long withoutOffset(long units) {
        if (ofTwo) {
            long seconds = units >>> exponent;
            if (seconds < 0 || seconds >= MOST_SECONDS) {
                return UNKNOWN;
            }
            return seconds * NANOS_PER_SECOND + fractionOfTwo(units);
        }
        if (exponent > NANO) {
            return Long.divideUnsigned(units, factor);
        }
        return units < 0 || units > Long.MAX_VALUE / factor ? UNKNOWN : units * factor;
    }

    /** The product has up to 93 bits. */
    private long fractionOfTwo(long units) {
        if (exponent == 0) {
            return 0;
        }
        long fraction = units & ((1L << exponent) - 1);
        long high = Math.multiplyHigh(fraction, NANOS_PER_SECOND);
        return (high << (64 - exponent)) | ((fraction * NANOS_PER_SECOND) >>> exponent);
    }
}
