package dev.tunbridge.protocol.frame;

/** The order of the bytes of a number on the wire. */
public enum Endian {
    BIG,
    LITTLE
}
