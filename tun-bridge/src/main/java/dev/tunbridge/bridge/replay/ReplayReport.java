package dev.tunbridge.bridge.replay;

import java.util.List;

/**
 * What a replay has shown; all times are those of the file.
 *
 * @param format name of the frame format
 * @param detail the verdict in words
 * @param warnings what makes the figures worth less, or the connection slow, a sentence each
 */
public record ReplayReport(
        String format,
        Verdict verdict,
        String detail,
        List<String> warnings,
        Survey survey,
        PathReport path,
        HandshakeReport handshake,
        KernelReport kernel,
        HoleReport holes,
        StreamReport stream,
        LaneReport lane,
        DeliveryReport delivery) {

    /** One JSON object. */
    public String toJson() {
        return ReplayJson.of(this);
    }

    /** Some twenty lines for a reader. */
    public String toText() {
        return new ReplayText(this).toString();
    }
}
