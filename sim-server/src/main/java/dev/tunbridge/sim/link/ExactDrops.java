package dev.tunbridge.sim.link;

import java.util.List;

/**
 * Losses named by the data that they hit: of the first TCP connection whose SYN crosses this direction (SYN or
 * SYN-ACK, whichever travels here), the segment that carries the nth data byte is dropped, once; its retransmission
 * passes.
 *
 * @param dataBytes numbers of data bytes of this direction, the first being 1
 * @param port only connections with this port at either end; 0 for any
 */
public record ExactDrops(List<Long> dataBytes, int port) {

    /** Each segment is compared with every number still to drop. */
    static final int MAX_NUMBERS = 1024;

    public static final ExactDrops NONE = new ExactDrops(List.of(), 0);

    public ExactDrops {
        dataBytes = List.copyOf(dataBytes);
        if (dataBytes.size() > MAX_NUMBERS) {
            throw new IllegalArgumentException(
                    dataBytes.size() + " exact drops in one direction; allowed " + MAX_NUMBERS);
        }
        for (long number : dataBytes) {
            if (number < 1) {
                throw new IllegalArgumentException("exact drop of data byte " + number + "; allowed 1 and above");
            }
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("exact drop for port " + port + "; allowed 0 (any) to 65535");
        }
    }
}
