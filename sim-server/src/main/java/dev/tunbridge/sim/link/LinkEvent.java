package dev.tunbridge.sim.link;

/** What can befall a packet in one direction of the link; each is counted. */
public enum LinkEvent {
    RECEIVED("received"),
    DELIVERED("delivered"),
    /** Arrived at a full queue. */
    QUEUE_FULL("queue full"),
    /** Independent or correlated loss. */
    LOST("lost"),
    /** Gilbert–Elliott. */
    LOST_IN_BURST("lost in a burst"),
    BLACKED_OUT("blacked out"),
    /** Carried a data byte that was to be dropped. */
    DROPPED_EXACTLY("dropped exactly"),
    /** More packets under way than the link has room for: a limit of the simulation, not of the simulated line. */
    NO_BUFFER("no buffer"),
    /** The device at the far end did not take it, because it is down. */
    NOT_TAKEN("not taken"),
    REORDERED("reordered"),
    DUPLICATED("duplicated"),
    CORRUPTED("corrupted");

    private final String words;

    LinkEvent(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
