package dev.tunbridge.bridge.replay;

/**
 * The holes that loss and reordering have torn into the received stream.
 *
 * @param bytes missing when they opened, together
 * @param largestBytes of one hole
 * @param neverFilled still open at the end of the file
 * @param untimed filled, but the file lacks the segment that did it
 * @param durations from the first segment behind a hole to its last missing byte
 */
public record HoleReport(
        long count, long bytes, long largestBytes, long neverFilled, long untimed, DurationReport durations) {}
