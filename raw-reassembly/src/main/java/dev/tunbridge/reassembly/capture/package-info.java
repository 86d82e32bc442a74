/**
 * Captured segments of the outer connection, live or from a file.
 *
 * <p>The path of a packet: the kernel runs the program of a {@link dev.tunbridge.reassembly.capture.CaptureFilter} on
 * it and puts it into the ring; {@link dev.tunbridge.reassembly.capture.CaptureRing} wakes its loop, and hands it over
 * where it lies. {@code PcapCapture} and {@code CaptureFile} bring the same packets through libpcap, with {@code
 * LinkHeader} finding them behind their link headers; {@code PcapngWriter} writes them down.
 */
@NullMarked
package dev.tunbridge.reassembly.capture;

import org.jspecify.annotations.NullMarked;
