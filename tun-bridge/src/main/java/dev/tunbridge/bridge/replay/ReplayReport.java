package dev.tunbridge.bridge.replay;

import java.util.List;

/**
 * What a replay has shown; all times are those of the file.
 *
 * @param format name of the frame format
 * @param detail the verdict in words
 * @param warnings what makes the figures worth less, or the connection slow, a sentence each
 * @param connections in the file, those that are not kept apart included
 */
public record ReplayReport(
        String format,
        Verdict verdict,
        String detail,
        List<String> warnings,
        Tally file,
        long connections,
        PathReport connection,
        HandshakeReport handshake,
        KernelReport kernel,
        HoleReport holes,
        StreamReport stream,
        LaneReport rawLane,
        DeliveryReport delivery) {}
