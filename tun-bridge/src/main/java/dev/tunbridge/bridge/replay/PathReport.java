package dev.tunbridge.bridge.replay;

/**
 * One connection in numbers, seen from the end that receives.
 *
 * @param number its place in the file, from 0
 * @param receiver address and port
 * @param sender address and port
 * @param isInitiatorKnown whether a SYN tells who connected; otherwise the ports were gone by
 * @param receivedSegments that the receiving end got
 * @param receivedBytes their payload, what was repeated included
 * @param sentSegments that it sent
 * @param sentBytes their payload
 * @param durationNanos from its first packet to its last
 */
public record PathReport(
        int number,
        String receiver,
        String sender,
        boolean isInitiatorKnown,
        long receivedSegments,
        long receivedBytes,
        long sentSegments,
        long sentBytes,
        long durationNanos) {
    static PathReport of(ConnectionChoice.Chosen chosen) {
        return of(chosen.connection(), chosen.receiver());
    }

    /** Seen from who connected. */
    public static PathReport of(Connection connection) {
        return of(connection, connection.initiator());
    }

    private static PathReport of(Connection connection, End receiver) {
        Half in = connection.other(receiver);
        Half out = connection.of(receiver);
        return new PathReport(
                connection.number(),
                receiver.toString(),
                in.end().toString(),
                connection.isInitiatorKnown(),
                in.segments(),
                in.payloadBytes(),
                out.segments(),
                out.payloadBytes(),
                connection.durationNanos());
    }
}
