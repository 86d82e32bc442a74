package dev.tunbridge.protocol.inference;

import java.util.List;

/**
 * A description that a recording may be of.
 *
 * @param yaml the description, which can be loaded
 * @param evidence what speaks for it, a line each
 * @param frames that fit
 * @param explainedBytes of the recording that lie in them
 * @param bytes of the recording that were looked at
 * @param bits the odds against chance: frames that are none look like this once in 2 to the power of so many
 */
public record Proposal(String yaml, List<String> evidence, int frames, long explainedBytes, long bytes, double bits) {
    public Proposal {
        evidence = List.copyOf(evidence);
    }
}
