package dev.tunbridge.bridge.replay;

/**
 * The connection that was replayed.
 *
 * @param number its place in the file
 * @param isInitiatorKnown whether a SYN tells who connected; otherwise the ports were gone by
 * @param received segments that the receiving end got
 * @param sent segments that it sent
 * @param durationNanos from its first packet to its last
 */
public record PathReport(
        int number,
        End receiver,
        End sender,
        boolean isInitiatorKnown,
        long received,
        long sent,
        long durationNanos) {
    static PathReport of(ConnectionChoice.Chosen chosen) {
        Connection connection = chosen.connection();
        return new PathReport(
                connection.number(),
                chosen.receiver(),
                chosen.sender(),
                connection.isInitiatorKnown(),
                connection.other(chosen.receiver()).segments(),
                connection.of(chosen.receiver()).segments(),
                connection.durationNanos());
    }
}
