package dev.tunbridge.bridge.flow;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Inner flows by key, bounded: when full, or unseen for ten minutes, the least recently used is forgotten. A flow that is forgotten while alive
 * only loses what was known of it; its packets still pass. Open addressing over slots that double until there is room for all,
 * removal by backward shift, so a look-up neither allocates nor meets tombstones. Loop thread only.
 */
public final class FlowTable {
    static final int NONE = -1;

    /** Most tunnels of a process with many carry few flows. */
    private static final int FIRST_FLOWS = 128;

    /** A flow that was seen so long ago gives its place up before the table grows: each question to a name server is a flow. */
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final int maxFlows;
    private Flow[] flows;
    private int[] slots;
    private int mask;
    private int size;
    private int newest = NONE;
    private int oldest = NONE;
    private long evictions;

    /** @param maxFlows most flows remembered at once */
    public FlowTable(int maxFlows) {
        if (maxFlows < 1) {
            throw new IllegalArgumentException("maxFlows: " + maxFlows + " is not valid; allowed: 1 and more");
        }
        this.maxFlows = maxFlows;
        flows = new Flow[Math.min(maxFlows, FIRST_FLOWS)];
        slots = emptySlots(flows.length);
        mask = slots.length - 1;
    }

    /** At most half full, so that probe sequences stay short. */
    private static int[] emptySlots(int flows) {
        int[] slots = new int[Integer.highestOneBit(Math.max(2, flows * 2 - 1)) << 1];
        Arrays.fill(slots, NONE);
        return slots;
    }

    /** The flow of a packet from the device, made if new. */
    public Flow fromDevice(InnerPacket packet, long nowNanos) {
        Flow flow = find(packet.destinationHigh(), packet.destinationLow(), portsFromDevice(packet), nowNanos);
        flow.packetsOut++;
        flow.bytesOut += packet.totalLength();
        return flow;
    }

    /** The flow of a packet from the device, if it is remembered; the packet is not counted. */
    public @Nullable Flow peekFromDevice(InnerPacket packet) {
        int index = indexOf(packet.destinationHigh(), packet.destinationLow(), portsFromDevice(packet));
        return index == NONE ? null : flows[index];
    }

    /** The flow of a packet from the tunnel, made if new. */
    public Flow fromTunnel(InnerPacket packet, long nowNanos) {
        Flow flow = find(packet.sourceHigh(), packet.sourceLow(), portsFromTunnel(packet), nowNanos);
        flow.packetsIn++;
        flow.bytesIn += packet.totalLength();
        return flow;
    }

    /** The flow of a packet from the tunnel, if it is remembered; the packet is not counted. */
    public @Nullable Flow peekFromTunnel(InnerPacket packet) {
        long ports = portsFromTunnel(packet);
        int index = indexOf(packet.sourceHigh(), packet.sourceLow(), ports);
        return index == NONE ? null : flows[index];
    }

    /** A number for the flow of a packet from the tunnel, remembered or not; {@code bits} long. */
    public static int numberFromTunnel(InnerPacket packet, int bits) {
        return number(hash(packet.sourceHigh(), packet.sourceLow(), portsFromTunnel(packet)), bits);
    }

    /** A flow that has this number, if one is remembered; two flows may have the same. */
    public @Nullable Flow numbered(int number, int bits) {
        for (int slot = number & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            Flow flow = flows[slots[slot]];
            if (number(flow.hash(), bits) == number) {
                return flow;
            }
        }
        return null;
    }

    private static int number(int hash, int bits) {
        return hash & ((1 << bits) - 1);
    }

    private static long portsFromDevice(InnerPacket packet) {
        boolean hasPorts = packet.fragment() == InnerPacket.Fragment.WHOLE && packet.hasTransportHeader();
        return hasPorts
                ? key(packet.protocol(), packet.sourcePort(), packet.destinationPort())
                : key(packet.protocol(), 0, 0);
    }

    private static long portsFromTunnel(InnerPacket packet) {
        boolean hasPorts = packet.fragment() == InnerPacket.Fragment.WHOLE && packet.hasTransportHeader();
        return hasPorts
                ? key(packet.protocol(), packet.destinationPort(), packet.sourcePort())
                : key(packet.protocol(), 0, 0);
    }

    public int size() {
        return size;
    }

    public long evictions() {
        return evictions;
    }

    /** Forgets every flow. */
    public void clear() {
        Arrays.fill(slots, NONE);
        size = 0;
        newest = NONE;
        oldest = NONE;
    }

    private static long key(int protocol, int devicePort, int remotePort) {
        return (long) protocol << 32 | (long) devicePort << 16 | remotePort;
    }

    private Flow find(long high, long low, long ports, long nowNanos) {
        int index = indexOf(high, low, ports);
        if (index == NONE) {
            return add(high, low, ports, nowNanos);
        }
        Flow flow = flows[index];
        touch(flow, index);
        flow.lastSeenNanos = nowNanos;
        return flow;
    }

    private int indexOf(long high, long low, long ports) {
        int slot = hash(high, low, ports) & mask;
        while (slots[slot] != NONE && !flows[slots[slot]].isKey(high, low, ports)) {
            slot = (slot + 1) & mask;
        }
        return slots[slot];
    }

    private Flow add(long high, long low, long ports, long nowNanos) {
        boolean isIdle = size == flows.length && nowNanos - flows[oldest].lastSeenNanos > IDLE_NANOS;
        if (size == flows.length && size < maxFlows && !isIdle) {
            grow();
        }
        int index;
        if (size < flows.length) {
            index = size++;
            @Nullable Flow spare = flows[index];
            if (spare == null) {
                flows[index] = new Flow(index);
            }
        } else {
            index = oldest;
            unlink(flows[index]);
            removeSlot(flows[index]);
            evictions += isIdle ? 0 : 1;
        }
        Flow flow = flows[index];
        flow.start(high, low, ports, nowNanos);
        flow.lastSeenNanos = nowNanos;
        placeSlot(index);
        linkNewest(flow, index);
        return flow;
    }

    private void grow() {
        flows = Arrays.copyOf(flows, (int) Math.min(maxFlows, 2L * size));
        slots = emptySlots(flows.length);
        mask = slots.length - 1;
        for (int index = 0; index < size; index++) {
            placeSlot(index);
        }
    }

    private void placeSlot(int index) {
        int slot = flows[index].hash() & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = index;
    }

    private void touch(Flow flow, int index) {
        if (newest != index) {
            unlink(flow);
            linkNewest(flow, index);
        }
    }

    private void linkNewest(Flow flow, int index) {
        flow.newer = NONE;
        flow.older = newest;
        if (newest != NONE) {
            flows[newest].newer = index;
        } else {
            oldest = index;
        }
        newest = index;
    }

    private void unlink(Flow flow) {
        if (flow.newer != NONE) {
            flows[flow.newer].older = flow.older;
        } else {
            newest = flow.older;
        }
        if (flow.older != NONE) {
            flows[flow.older].newer = flow.newer;
        } else {
            oldest = flow.newer;
        }
    }

    /** Removes by shifting back what probed past the gap (Knuth, TAOCP 3, 6.4 algorithm R). */
    private void removeSlot(Flow flow) {
        int gap = hash(flow.remoteHigh, flow.remoteLow, flow.ports) & mask;
        while (!flows[slots[gap]].isKey(flow.remoteHigh, flow.remoteLow, flow.ports)) {
            gap = (gap + 1) & mask;
        }
        int next = gap;
        while (true) {
            slots[gap] = NONE;
            int home;
            do {
                next = (next + 1) & mask;
                if (slots[next] == NONE) {
                    return;
                }
                Flow moved = flows[slots[next]];
                home = hash(moved.remoteHigh, moved.remoteLow, moved.ports) & mask;
            } while (gap <= next ? gap < home && home <= next : gap < home || home <= next);
            slots[gap] = slots[next];
            gap = next;
        }
    }

    static int hash(long high, long low, long ports) {
        // Multiply-shift mixing; a client that crafts collisions only slows its own tunnel by a bounded table.
        long h = (high * 0x9E3779B97F4A7C15L) ^ low;
        h = (h ^ (h >>> 32)) * 0xBF58476D1CE4E5B9L ^ ports;
        h = (h ^ (h >>> 29)) * 0x94D049BB133111EBL;
        return (int) (h >>> 32);
    }
}
