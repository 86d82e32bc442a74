package dev.tunbridge.sim.demo;

import java.util.Locale;

/** One number of a {@link Measure}. */
record Reading(Kind kind, double value) {

    /** What can be read. */
    enum Kind {
        RATE("Mbit/s", "mbit_per_s", 2, true),
        CARRIED_TWICE("carried twice, kB", "carried_twice_kb", 1, false),
        DELAY("delay, ms", "delay_ms", 1, false),
        FIRST_BYTE("first byte, ms", "first_byte_ms", 1, false),
        LATE("later than median + 10 ms", "late", 0, false),
        MEDIAN("latency p50, ms", "latency_p50_ms", 1, false),
        P99("latency p99, ms", "latency_p99_ms", 1, false),
        WORST("latency max, ms", "latency_max_ms", 1, false),
        HELD_BACK("held back over 5 ms", "held_back", 0, false);

        private final String label;
        private final String key;
        private final int decimals;
        private final boolean isMoreBetter;

        Kind(String label, String key, int decimals, boolean isMoreBetter) {
            this.label = label;
            this.key = key;
            this.decimals = decimals;
            this.isMoreBetter = isMoreBetter;
        }

        /** With its unit; datagrams where there is none. */
        String label() {
            return label;
        }

        /** As JSON calls it. */
        String key() {
            return key;
        }
    }

    String text() {
        return String.format(Locale.ROOT, "%,." + kind.decimals + "f", value);
    }

    /** How much better this is than another of its kind, in percent of that; NaN where that is zero. */
    double gainPercent(Reading than) {
        double change = (value - than.value) / than.value * 100;
        return kind.isMoreBetter ? change : -change;
    }
}
