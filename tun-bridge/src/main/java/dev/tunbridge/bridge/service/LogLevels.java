package dev.tunbridge.bridge.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** From which level on the running program logs. */
final class LogLevels {
    static final List<String> ALL = List.of("off", "error", "warn", "info", "debug", "trace");

    private LogLevels() {}

    /** The level of a logger, as it counts. */
    static String of(String logger) {
        return ((Logger) LoggerFactory.getLogger(logger))
                .getEffectiveLevel()
                .toString()
                .toLowerCase(java.util.Locale.ROOT);
    }

    /** Sets it until the program's end; nothing for what is no level. */
    static Optional<String> set(String logger, String level) {
        if (!ALL.contains(level)) {
            return Optional.empty();
        }
        ((Logger) LoggerFactory.getLogger(logger)).setLevel(Level.toLevel(level));
        return Optional.of(of(logger));
    }
}
