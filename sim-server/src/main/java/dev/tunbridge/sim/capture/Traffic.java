package dev.tunbridge.sim.capture;

/** How segments follow each other on the way in. */
enum Traffic {
    /** Each alone and at equal distances: a wake for each. */
    EVEN("one by one", 1, 1),
    /** As a network card without receive offload hands over what a sender's offload has cut. */
    BURSTS("bursts of 45", 45, 1),
    /** As with receive offload: what was a burst is one packet of 64 KiB. */
    COALESCED("coalesced by 45", 1, 45);

    static final int COALESCED_SEGMENTS = 45;

    final String title;
    final int packets;
    final int segments;

    Traffic(String title, int packets, int segments) {
        this.title = title;
        this.packets = packets;
        this.segments = segments;
    }

    int segmentsPerTurn() {
        return packets * segments;
    }
}
