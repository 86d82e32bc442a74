package dev.tunbridge.bridge.simulation;

/** Something has happened that must not, or has not happened that must. */
public final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    public Violation(String message) {
        super(message);
    }
}
