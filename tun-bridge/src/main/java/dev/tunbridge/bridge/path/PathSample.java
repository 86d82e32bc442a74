package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.TcpInfo;

/**
 * What the kernel knew of the outer connection at one moment. A field that the kernel does not report is {@link
 * TcpInfo#UNKNOWN}.
 *
 * @param nowNanos when it was asked
 * @param rttNanos smoothed round trip
 * @param rttVariationNanos its mean deviation
 * @param minimumRttNanos shortest round trip of late
 * @param rtoNanos retransmission timeout, with its back-off
 * @param deliveryRate bytes per second that arrived, in the latest round trip that says something about the path
 * @param limit whether that round trip was limited by the path, or by what there was to send
 * @param bytesAcked bytes of the stream that are acknowledged
 * @param congestionWindow segments
 * @param segmentBytes payload of a full segment
 * @param retransmissions segments sent again
 * @param duplicateSacks of these, how many the receiver had already: they were sent in vain
 * @param reordering segments out of order that the kernel takes for no loss now
 * @param reorderingsSeen times that it saw the path reorder
 */
public record PathSample(
        long nowNanos,
        long rttNanos,
        long rttVariationNanos,
        long minimumRttNanos,
        long rtoNanos,
        long deliveryRate,
        Limit limit,
        long bytesAcked,
        long congestionWindow,
        int segmentBytes,
        long retransmissions,
        long duplicateSacks,
        long reordering,
        long reorderingsSeen) {

    private static final long NANOS_PER_MICRO = 1_000;

    /** What a delivery rate was limited by. */
    public enum Limit {
        PATH,
        APPLICATION
    }

    /** Of a snapshot that has just been taken. */
    public static PathSample of(TcpInfo info, long nowNanos) {
        return new PathSample(
                nowNanos,
                nanos(info.rttMicros()),
                nanos(info.rttVariationMicros()),
                nanos(info.minimumRttMicros()),
                nanos(info.retransmissionTimeoutMicros()),
                info.deliveryRateBytesPerSecond(),
                info.isDeliveryRateAppLimited() ? Limit.APPLICATION : Limit.PATH,
                info.ackedOffset(),
                info.congestionWindowSegments(),
                (int) info.sendMss(),
                info.totalRetransmissions(),
                info.duplicateSacks(),
                info.reordering(),
                info.reorderingsSeen());
    }

    private static long nanos(long micros) {
        return micros == TcpInfo.UNKNOWN ? TcpInfo.UNKNOWN : micros * NANOS_PER_MICRO;
    }
}
