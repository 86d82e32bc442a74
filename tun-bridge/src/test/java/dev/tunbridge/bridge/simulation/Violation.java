package dev.tunbridge.bridge.simulation;

/** Something has happened that must not, or has not happened that must. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String message) {
        super(message);
    }
}
