package dev.tunbridge.bridge.simulation;

import java.util.List;

/**
 * What our kernel answers.
 *
 * @param offset the stream up to here has come
 * @param selective ranges beyond it that have come too, the newest first
 * @param windowEnd the server may send up to here
 * @param timestamp our clock
 */
record Acknowledgement(long offset, List<Range> selective, long windowEnd, int timestamp) {
    record Range(long start, long end) {}
}
