package dev.tunbridge.reassembly.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SequenceNumberTest {
    private static final long MODULUS = 1L << 32;

    @Test
    void ordersNumbersAcrossTheWrap() {
        assertThat(SequenceNumber.isBefore(0xffff_fff0, 0x10)).isTrue();
        assertThat(SequenceNumber.isAfter(0x10, 0xffff_fff0)).isTrue();
        assertThat(SequenceNumber.difference(0x10, 0xffff_fff0)).isEqualTo(0x20);
        assertThat(SequenceNumber.max(0x10, 0xffff_fff0)).isEqualTo(0x10);
        assertThat(SequenceNumber.isAtOrBefore(7, 7)).isTrue();
        assertThat(SequenceNumber.isAtOrAfter(7, 7)).isTrue();
        assertThat(SequenceNumber.isBefore(7, 7)).isFalse();
    }

    @Test
    void unwrapsToTheNearestPositionAsASearchWould() {
        Random random = new Random(11);
        for (int round = 0; round < 10_000; round++) {
            long reference = random.nextLong() >>> 20;
            int number = random.nextBoolean() ? random.nextInt() : (int) reference + random.nextInt(100) - 50;
            long low = Integer.toUnsignedLong(number);
            long base = Math.floorDiv(reference, MODULUS) * MODULUS + low;
            long nearest = base;
            for (long candidate : new long[] {base - MODULUS, base + MODULUS}) {
                if (Math.abs(candidate - reference) < Math.abs(nearest - reference)) {
                    nearest = candidate;
                }
            }
            assertThat(SequenceNumber.unwrap(reference, number))
                    .as("seed 11 round %d", round)
                    .isEqualTo(nearest);
        }
    }
}
