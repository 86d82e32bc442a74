package dev.tunbridge.protocol.frame;

import java.util.Locale;

/**
 * A number of a type of frames.
 *
 * @param number as it is written, 32 bits without a sign
 * @param mask the bits of it that count when it is read; {@link #WHOLE} where all do
 * @param family of the packets that are written with it
 */
public record TypeNumber(int number, int mask, Family family) {
    /** All bits count. */
    public static final int WHOLE = -1;

    /** Of which packets. */
    public enum Family {
        ANY,
        IPV4,
        IPV6
    }

    /** One that is read as it is written. */
    public static TypeNumber of(int number) {
        return new TypeNumber(number, WHOLE, Family.ANY);
    }

    /** Whether a frame with this number in it is of the type. */
    public boolean holds(int read) {
        return ((read ^ number) & mask) == 0;
    }

    /** Whether some number would be both. */
    boolean overlaps(TypeNumber other) {
        return ((number ^ other.number) & mask & other.mask) == 0;
    }

    /** As a fault tells it. */
    String text() {
        return mask == WHOLE
                ? Integer.toUnsignedString(number)
                : String.format(Locale.ROOT, "0x%X under the mask 0x%X", number, mask);
    }
}
