package dev.tunbridge.bridge.tun;

/**
 * Counters of one device since it was opened; "received" is what the device gave to its handler.
 *
 * @param receivedReads what came from the kernel in one piece: packets or super-packets
 * @param receivedPackets packets given to the handler, after splitting
 * @param receivedBytes bytes of those packets
 * @param receivedMalformed reads dropped because header and packet did not fit together
 * @param writtenPackets packets taken from the caller that the kernel accepted
 * @param writtenBytes bytes of those packets
 * @param writes system calls, or hand-overs of joined packets, that they took
 * @param droppedPackets packets that the kernel refused for lack of room
 * @param refusedPackets packets that the kernel or the device called invalid
 */
public record TunStats(
        long receivedReads,
        long receivedPackets,
        long receivedBytes,
        long receivedMalformed,
        long writtenPackets,
        long writtenBytes,
        long writes,
        long droppedPackets,
        long refusedPackets) {}
