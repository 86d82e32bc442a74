package dev.tunbridge.bridge.replay;

import dev.tunbridge.reassembly.recording.FileTally;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
        List<FileTally.Unread> unread) {
    /** What a reader of the file should know, a sentence each. */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (carriedStamps > 0) {
            remarks.add(carriedStamps
                    + " stamps have a second or more in their fraction: it was carried over to the seconds");
        }
        if (unstamped > 0) {
            remarks.add(unstamped + " packets have no stamp, and were given that of the packet in front of them");
        }
        for (FileTally.Unread each : unread) {
            remarks.add(each.packets() + " packets of " + each.what() + " (the first: " + each.first()
                    + ") were not looked into, and TCP inside of them is not followed; " + each.cure());
        }
        return remarks;
    }

    /** Where a connection may be that was not found: the remarks, and what else may hide it. */
    public Stream<String> hints() {
        Stream<String> hidden = fragments == 0
                ? Stream.empty()
                : Stream.of(fragments + " IP fragments were not put together: record where the packets are whole");
        return Stream.concat(hidden, remarks().stream());
    }
}
