package dev.tunbridge.bridge.doctor;

import java.util.Locale;

/** How much a finding matters, the worst last. */
public enum Severity {
    /** Good to know; nothing is wrong. */
    INFO,
    /** Traffic passes, later or less of it than could. */
    WARNING,
    /** A tunnel cannot come up, or carries nothing. */
    ERROR;

    /** As outputs have it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether something is to be mended. */
    public boolean isWrong() {
        return this != INFO;
    }
}
