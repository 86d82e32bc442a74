package dev.tunbridge.reassembly.capture;

/**
 * What a source has done since it was opened.
 *
 * @param captured segments that matched the filter
 * @param dropped segments that matched and were lost because nobody read fast enough
 * @param truncated segments captured, but not whole
 */
public record CaptureCounters(long captured, long dropped, long truncated) {
    public static final CaptureCounters NONE = new CaptureCounters(0, 0, 0);

    public CaptureCounters plus(CaptureCounters other) {
        return new CaptureCounters(captured + other.captured, dropped + other.dropped, truncated + other.truncated);
    }
}
