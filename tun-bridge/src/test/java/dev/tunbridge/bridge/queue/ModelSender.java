package dev.tunbridge.bridge.queue;

/** A Reno sender that always has data: slow start, one packet more a round trip, half the window for a loss or a mark. */
final class ModelSender {
    static final int PACKET_BYTES = 1_400;

    private final ModelUplink uplink;
    private final int flow;
    private final double mostPackets;
    private double window = 10;
    private double threshold = Double.MAX_VALUE;
    private int inFlight;
    /** What was sent before does not count again: once a round trip is enough. */
    private long recoverTag;

    private boolean sending;
    private int reductions;

    /** @param mostPackets its receiver's window */
    ModelSender(ModelUplink uplink, int flow, double mostPackets) {
        this.uplink = uplink;
        this.flow = flow;
        this.mostPackets = mostPackets;
    }

    int flow() {
        return flow;
    }

    /** How often it has halved its window. */
    int reductions() {
        return reductions;
    }

    void send() {
        if (sending) {
            return;
        }
        sending = true;
        while (inFlight < Math.min(mostPackets, (int) window)) {
            inFlight++;
            uplink.send(this, PACKET_BYTES);
        }
        sending = false;
    }

    void acknowledged(long tag, boolean isMarked) {
        inFlight--;
        if (isMarked) {
            reduce(tag);
        } else if (window < mostPackets) {
            window += window < threshold ? 1 : 1 / window;
        }
        send();
    }

    void lost(long tag) {
        inFlight--;
        reduce(tag);
        send();
    }

    private void reduce(long tag) {
        if (tag > recoverTag) {
            recoverTag = uplink.lastTag();
            threshold = Math.max(2, window / 2);
            window = threshold;
            reductions++;
        }
    }
}
