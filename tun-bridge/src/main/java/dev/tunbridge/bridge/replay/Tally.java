package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recording.FileTally;
import java.util.List;

/**
 * What a file holds besides the segments of one connection.
 *
 * @param packets IP packets, all of them
 * @param otherProtocol IP, but not TCP
 * @param fragments of IP; the segment in them is not put together
 * @param truncated TCP segments of which the file has only the beginning
 * @param malformed neither IP nor TCP when looked at closely
 * @param notListed connections beyond the number that is kept apart: those with least payload; one that comes again counts again
 * @param notIp link-layer packets that are not IP
 * @param dropped segments that the capture itself says it has lost
 * @param carriedStamps stamps with a second or more in their fraction, which was carried over
 * @param unstamped packets without a stamp, which have that of the one in front
 * @param unread what a connection may be in, and was not looked into
 */
public record Tally(
        long packets,
        long otherProtocol,
        long fragments,
        long truncated,
        long malformed,
        long notListed,
        long notIp,
        long dropped,
        long carriedStamps,
        long unstamped,
        List<FileTally.Unread> unread) {}
