package dev.tunbridge.sim.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * Something that has passed the tunnel.
 *
 * @param name what it was
 * @param way how it went
 * @param amount how much of it passed, in words
 * @param isIntact whether what arrived is what was sent
 * @param readings what was measured of it
 */
record Measure(String name, Way way, String amount, boolean isIntact, List<Reading> readings) {

    /** Whether the bridge can do anything for it. */
    enum Way {
        /** Downwards, or answered downwards: holes of the outer connection are the bridge's to pass. */
        PAST_HOLES,
        /** Messages of the application, which keep their order, and what the server's kernel holds back. */
        IN_ORDER
    }

    Measure {
        readings = List.copyOf(readings);
    }

    /** With one more reading. */
    Measure with(Reading reading) {
        List<Reading> more = new ArrayList<>(readings);
        more.add(reading);
        return new Measure(name, way, amount, isIntact, more);
    }
}
