/**
 * Captured segments of the outer connection, live.
 *
 * <p>The path of a packet: the kernel runs the program of a {@link dev.tunbridge.reassembly.capture.CaptureFilter} on
 * it and puts it into the ring; {@link dev.tunbridge.reassembly.capture.CaptureRing} wakes its loop, and hands it over
 * where it lies. {@code PcapCapture} brings the same packets through libpcap. Files are another room's: {@code recording}.
 */
@NullMarked
package dev.tunbridge.reassembly.capture;

import org.jspecify.annotations.NullMarked;
