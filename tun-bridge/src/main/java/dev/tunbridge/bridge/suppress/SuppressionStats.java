package dev.tunbridge.bridge.suppress;

/**
 * What was not sent twice, since the start.
 *
 * @param ranges ranges under way now
 * @param copies segments whose payload the outer connection still carried, and their bytes
 * @param acks of these, those that went on as a pure acknowledgement because they told the peer something new
 * @param trimmed segments of which only a part was still carried, and the bytes taken off them
 * @param passed retransmissions that went on whole: what they repeat had been delivered or lost
 * @param overtaken of these, those of bytes that were lost behind the tunnel, as the peer's acknowledgements showed
 * @param failedOpen of these, those of bytes that the outer connection had carried for too long or that came too often
 * @param duplicatesReported acknowledgements that were given a DSACK for a copy that was not sent on
 * @param unrecorded segments that were not remembered because the ledger was full
 * @param graceMicros how long after the outer acknowledgement a copy still counts as needless
 */
public record SuppressionStats(
        int ranges,
        long copies,
        long copiedBytes,
        long acks,
        long trimmed,
        long trimmedBytes,
        long passed,
        long overtaken,
        long failedOpen,
        long duplicatesReported,
        long unrecorded,
        long graceMicros) {}
