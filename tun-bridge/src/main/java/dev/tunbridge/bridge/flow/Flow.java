package dev.tunbridge.bridge.flow;

import dev.tunbridge.reassembly.wire.SequenceNumber;

/**
 * One inner flow, seen from the device: a remote address, both ports and the protocol. Reused by the table when the
 * flow is forgotten, so nobody keeps a reference across a packet. Loop thread only.
 */
public final class Flow {
    private final int slot;
    private long generation;
    long remoteHigh;
    long remoteLow;
    long ports;
    long createdNanos;
    long lastSeenNanos;
    int newer = FlowTable.NONE;
    int older = FlowTable.NONE;

    /** Packets and bytes from the device into the tunnel, inner IP header included. */
    public long packetsOut;

    public long bytesOut;

    /** Packets and bytes from the tunnel to the device. */
    public long packetsIn;

    public long bytesIn;

    private boolean isCongested;
    private boolean isKnown;
    private long knownNanos;
    private boolean hasNext;
    private int next;

    Flow(int slot) {
        this.slot = slot;
    }

    /** Its place in the table: what others know of it they keep under this number, and the {@link #generation()}. */
    public int slot() {
        return slot;
    }

    /** Another for each flow that has had this place; never 0. */
    public long generation() {
        return generation;
    }

    public int protocol() {
        return (int) (ports >>> 32) & 0xff;
    }

    public int devicePort() {
        return (int) (ports >>> 16) & 0xffff;
    }

    public int remotePort() {
        return (int) ports & 0xffff;
    }

    public long createdNanos() {
        return createdNanos;
    }

    public long lastSeenNanos() {
        return lastSeenNanos;
    }

    /** The same for every packet of the flow, spread over all 32 bits. */
    public int hash() {
        return FlowTable.hash(remoteHigh, remoteLow, ports);
    }

    /** The local sender is to slow down, and has not said yet that it has (RFC 3168 section 6.1.3). */
    public boolean isCongested() {
        return isCongested;
    }

    public void congested(boolean isCongested) {
        this.isCongested = isCongested;
    }

    /** A packet of this flow came out of the tunnel by the kernel lane. */
    public void known(long nowNanos) {
        isKnown = true;
        knownNanos = nowNanos;
    }

    /** Whether the kernel lane has brought a packet of this flow within so long. */
    public boolean isKnown(long nowNanos, long withinNanos) {
        return isKnown && nowNanos - knownNanos <= withinNanos;
    }

    /**
     * A TCP segment was delivered to the device.
     *
     * @param end the sequence number behind it
     * @param isSyn whether it begins the flow anew
     */
    public void delivered(int end, boolean isSyn) {
        if (isSyn || !hasNext || SequenceNumber.isAfter(end, next)) {
            hasNext = true;
            next = end;
        }
    }

    /** Whether {@link #next} is known. */
    public boolean hasNext() {
        return hasNext;
    }

    /** The highest sequence number that has been delivered to the device, plus one. */
    public int next() {
        return next;
    }

    void start(long remoteHigh, long remoteLow, long ports, long nowNanos) {
        generation++;
        this.remoteHigh = remoteHigh;
        this.remoteLow = remoteLow;
        this.ports = ports;
        createdNanos = nowNanos;
        packetsOut = 0;
        bytesOut = 0;
        packetsIn = 0;
        bytesIn = 0;
        isCongested = false;
        isKnown = false;
        hasNext = false;
    }

    boolean isKey(long remoteHigh, long remoteLow, long ports) {
        return this.ports == ports && this.remoteLow == remoteLow && this.remoteHigh == remoteHigh;
    }
}
