package dev.tunbridge.bridge.queue;

import java.util.List;

/**
 * What can be chosen of the egress queue.
 *
 * @param maxBytes most memory for packets that wait: their bytes, and {@link EgressQueue#PACKET_OVERHEAD_BYTES} for each
 * @param aqm whether flows are queued apart and CoDel keeps their queues short; false: a FIFO with tail drop for each class
 * @param ecn whether CoDel may mark packets; false: it drops them
 * @param promptPorts ports, local or remote, whose packets go before bulk
 */
public record QueueOptions(int maxBytes, boolean aqm, boolean ecn, List<PortRange> promptPorts) {

    public QueueOptions {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " is not valid; allowed: 1 and more");
        }
        promptPorts = List.copyOf(promptPorts);
    }

    /** With everything that there is, and no prompt ports. */
    public static QueueOptions of(int maxBytes) {
        return new QueueOptions(maxBytes, true, true, List.of());
    }
}
