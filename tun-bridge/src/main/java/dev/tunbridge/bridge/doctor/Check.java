package dev.tunbridge.bridge.doctor;

import java.io.IOException;

/** Looks at one thing. */
@FunctionalInterface
interface Check {
    /**
     * Tells what it finds.
     *
     * @throws IOException where something cannot be read; then it is said that it is not known
     */
    void examine(Survey survey, Findings findings) throws IOException;
}
