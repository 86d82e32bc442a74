package dev.tunbridge.protocol.frame;

/**
 * How payloads are masked: a bit of the header says that a key stands behind the length, with which each byte is XORed in turn
 * (RFC 6455, section 5.3). Frames are written so, and read with a key or without.
 *
 * @param when the header field of one bit
 * @param keyBytes 1, 2, 4 or 8
 */
public record Mask(String when, int keyBytes) {}
