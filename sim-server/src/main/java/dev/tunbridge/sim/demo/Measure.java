package dev.tunbridge.sim.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * Something that has passed the tunnel.
 *
 * @param name what it was
 * @param amount how much of it passed, in words
 * @param isIntact whether what arrived is what was sent
 * @param readings what was measured of it
 */
record Measure(String name, String amount, boolean isIntact, List<Reading> readings) {
    Measure {
        readings = List.copyOf(readings);
    }

    /** With one more reading. */
    Measure with(Reading reading) {
        List<Reading> more = new ArrayList<>(readings);
        more.add(reading);
        return new Measure(name, amount, isIntact, more);
    }
}
