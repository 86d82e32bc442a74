package dev.tunbridge.protocol.frame;

/** Whether the flag that closes a frame also opens the one behind it. Both are read always; this is what is written. */
public enum Flags {
    OWN,
    SHARED
}
