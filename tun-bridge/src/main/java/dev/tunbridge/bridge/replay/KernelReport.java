package dev.tunbridge.bridge.replay;

import java.util.Map;

/**
 * What the played kernel has seen and refused.
 *
 * @param deliveredBytes in order
 * @param missingBytes acknowledged by the receiver, but not in the file
 * @param doubtfulBytes of segments that a kernel refuses, or that are cut, but that the receiver has acknowledged; they
 *     count as delivered
 * @param repeatedBytes received before
 * @param differentBytes that came twice and were not the same
 * @param refused segments that a kernel drops, by reason
 * @param unseenHoles acknowledgements that report a hole where the file has none: it was not taken at the receiver
 * @param acknowledgements of the receiver that report any hole
 */
public record KernelReport(
        long deliveredBytes,
        long missingBytes,
        long doubtfulBytes,
        long repeatedBytes,
        long differentBytes,
        Map<KernelRefusal, Long> refused,
        long unseenHoles,
        long acknowledgements) {}
