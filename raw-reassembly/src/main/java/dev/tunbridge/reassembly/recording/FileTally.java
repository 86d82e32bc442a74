package dev.tunbridge.reassembly.recording;

import java.util.List;

/**
 * What a file has held so far besides ordinary IP packets.
 *
 * @param frames all of them
 * @param notIp frames without an IP packet that could be found
 * @param carriedStamps stamps of a pcap file with a second or more in their fraction, which was carried over
 * @param unstamped frames without a stamp, or beyond the year 2262: they have that of the frame in front
 * @param unread what was not looked into, though a connection may be in it
 */
public record FileTally(long frames, long notIp, long carriedStamps, long unstamped, List<Unread> unread) {
    public static final FileTally NONE = new FileTally(0, 0, 0, 0, List.of());

    /**
     * One kind of such packets.
     *
     * @param what its name
     * @param packets how many
     * @param first the first of them: between which addresses, or which frame of the file
     * @param cure what to do for them to be read
     */
    public record Unread(String what, long packets, String first, String cure) {}
}
