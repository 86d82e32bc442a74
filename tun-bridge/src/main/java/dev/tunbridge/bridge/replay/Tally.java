package dev.tunbridge.bridge.replay;

/**
 * What a file holds besides the segments of one connection.
 *
 * @param packets IP packets, all of them
 * @param otherProtocol IP, but not TCP
 * @param fragments of IP; the segment in them is not put together
 * @param truncated TCP segments of which the file has only the beginning
 * @param malformed neither IP nor TCP when looked at closely
 * @param notListed segments of connections beyond the number that is kept apart
 * @param notIp link-layer packets that are not IP
 * @param dropped segments that the capture itself says it has lost
 */
public record Tally(
        long packets,
        long otherProtocol,
        long fragments,
        long truncated,
        long malformed,
        long notListed,
        long notIp,
        long dropped) {}
