package dev.tunbridge.protocol.frame;

/**
 * Bytes behind all else of a frame that are there where a bit of its header says so. What they hold is not looked at, and frames are
 * written without.
 *
 * @param when the header field whose bit it is
 */
public record Signature(String when, int sizeBytes) {}
