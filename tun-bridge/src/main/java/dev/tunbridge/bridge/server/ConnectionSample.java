package dev.tunbridge.bridge.server;

/**
 * What is known of the outer connection at one moment, for the question whether its path eats packets. Counters begin with
 * the connection; what the kernel does not report is negative.
 *
 * @param nowNanos when it was asked
 * @param ecn what is known of congestion marks
 * @param delivered segments that have arrived, sent again or not; the SYN counts
 * @param retransmissions segments sent again; a SYN counts
 * @param bytesAcked bytes of the stream that are acknowledged
 * @param unackedBytes of what was sent once at least
 * @param unackedSegments of what was sent once at least
 * @param timeouts that this data has waited for in a row
 * @param sendMss payload of a full segment to the server
 * @param segmentsIn segments that came, with data or without
 * @param dataSegmentsIn segments with data that came
 * @param outOfOrderIn of these, how many came behind a hole
 * @param bytesReceived bytes of the stream that came in order
 * @param receiveMss the longest segment that came, at least
 * @param advertisedMss payload of a full segment from the server, as it was told
 * @param serverAheadBytes by how much the server's own sequence numbers are beyond what has come in order, as captured
 */
public record ConnectionSample(
        long nowNanos,
        Ecn ecn,
        long delivered,
        long retransmissions,
        long bytesAcked,
        long unackedBytes,
        long unackedSegments,
        long timeouts,
        int sendMss,
        long segmentsIn,
        long dataSegmentsIn,
        long outOfOrderIn,
        long bytesReceived,
        int receiveMss,
        int advertisedMss,
        long serverAheadBytes) {

    /** Segments without data that came: a server sends them in answer to something that has reached it. */
    long bareSegmentsIn() {
        return segmentsIn - dataSegmentsIn;
    }

    /** How far congestion marks got. */
    public enum Ecn {
        /** The ends have not agreed on it. */
        NONE,
        /** Agreed on, and no packet came that may be marked. */
        AGREED,
        /** A packet came that may be marked. */
        SEEN
    }
}
