package dev.tunbridge.protocol.frame;

/** How sure a frame boundary past a hole is, the surest first. */
public enum BoundaryGrade {
    PROVEN,
    ANCHORED,
    FOUND
}
