package dev.tunbridge.bridge.supervisor;

/**
 * Something that is wrong now.
 *
 * @param code by which programs and the documentation know it; never changes its meaning
 * @param severity how bad it is
 * @param text what was found, in a sentence
 * @param affects what does not work for it, or less well
 * @param mend the command that shows more, or mends it
 */
public record Problem(String code, Severity severity, String text, String affects, String mend) {
    /** How bad a problem is. */
    public enum Severity {
        /** No traffic passes. */
        ERROR,
        /** Traffic passes, with less than was promised. */
        WARNING
    }
}
