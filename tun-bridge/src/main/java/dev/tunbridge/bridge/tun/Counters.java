package dev.tunbridge.bridge.tun;

/** Counts what {@link TunStats} reports, on the loop's thread. */
final class Counters {
    long receivedReads;
    long receivedPackets;
    long receivedBytes;
    long receivedMalformed;
    private long writtenPackets;
    private long writtenBytes;
    private long writes;
    private long droppedPackets;
    private long refusedPackets;

    void wrote(Gather gather) {
        writes++;
        writtenPackets += gather.packets();
        writtenBytes += gather.packetBytes();
    }

    void dropped(Gather gather) {
        droppedPackets += gather.packets();
    }

    void dropped() {
        droppedPackets++;
    }

    void refused(Gather gather) {
        refusedPackets += gather.packets();
    }

    TunStats snapshot() {
        return new TunStats(
                receivedReads,
                receivedPackets,
                receivedBytes,
                receivedMalformed,
                writtenPackets,
                writtenBytes,
                writes,
                droppedPackets,
                refusedPackets);
    }
}
