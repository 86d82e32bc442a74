package dev.tunbridge.bridge.flow;

/**
 * One inner flow, seen from the device: a remote address, both ports and the protocol. Reused by the table when the
 * flow is forgotten, so nobody keeps a reference across a packet. Loop thread only.
 */
public final class Flow {
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

    void start(long remoteHigh, long remoteLow, long ports, long nowNanos) {
        this.remoteHigh = remoteHigh;
        this.remoteLow = remoteLow;
        this.ports = ports;
        createdNanos = nowNanos;
        packetsOut = 0;
        bytesOut = 0;
        packetsIn = 0;
        bytesIn = 0;
    }

    boolean isKey(long remoteHigh, long remoteLow, long ports) {
        return this.ports == ports && this.remoteLow == remoteLow && this.remoteHigh == remoteHigh;
    }
}
