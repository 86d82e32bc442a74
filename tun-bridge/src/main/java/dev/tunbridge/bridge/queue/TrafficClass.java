package dev.tunbridge.bridge.queue;

/** Classes of packets in the order in which they leave. Application messages go before all of them. */
public enum TrafficClass {
    /**
     * Pure acknowledgements, and packets of at most {@link EgressQueue#SMALL_PACKET_BYTES} whose flow has nothing bulky
     * waiting (so that no flow is reordered).
     */
    PROMPT,
    BULK
}
