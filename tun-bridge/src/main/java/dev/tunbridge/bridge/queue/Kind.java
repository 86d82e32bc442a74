package dev.tunbridge.bridge.queue;

/** What a packet is in itself, before anything is known of its flow. */
enum Kind {
    /** A pure acknowledgement: it may overtake the data of its own flow, which says nothing that it does not. */
    ACKNOWLEDGEMENT(TrafficClass.PROMPT),
    /** By its DSCP or its port. */
    URGENT(TrafficClass.PROMPT),
    /** Prompt as long as its flow has little waiting: a flood of small packets is bulk. */
    SMALL(TrafficClass.PROMPT),
    ORDINARY(TrafficClass.BULK),
    BACKGROUND(TrafficClass.BACKGROUND);

    private final TrafficClass trafficClass;

    Kind(TrafficClass trafficClass) {
        this.trafficClass = trafficClass;
    }

    TrafficClass trafficClass() {
        return trafficClass;
    }
}
