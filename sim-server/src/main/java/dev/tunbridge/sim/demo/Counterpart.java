package dev.tunbridge.sim.demo;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The server that the demo's bridge meets. */
enum Counterpart {
    /** Of this project. */
    SIMSERVER,
    /** An unmodified vtund 3, which was there before the bridge. */
    VTUND;

    /** Whether it has messages of the application itself beside the tunnel. */
    boolean hasApplication() {
        return this == SIMSERVER;
    }

    /** Whether its protocol has virtual sockets. */
    boolean hasSockets() {
        return this == SIMSERVER;
    }

    /** As it is typed. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Counterpart> of(String key) {
        return Arrays.stream(values()).filter(one -> one.key().equals(key)).findFirst();
    }

    static String allowed() {
        return Arrays.stream(values()).map(Counterpart::key).collect(Collectors.joining(", "));
    }
}
