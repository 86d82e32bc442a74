package dev.tunbridge.bridge.queue;

/**
 * Classes of packets in the order in which they leave. Application messages go before all of them. None can starve another for
 * ever: each has a share that those above it must leave.
 */
public enum TrafficClass {
    /** Pure acknowledgements, small packets of flows that send little, ICMP, what is marked or configured as urgent. */
    PROMPT,
    BULK,
    /** What says of itself that it can wait: CS1 (RFC 4594) and LE (RFC 8622). */
    BACKGROUND;

    /** Whether packets of the other class go first. */
    boolean isBelow(TrafficClass other) {
        return compareTo(other) > 0;
    }
}
