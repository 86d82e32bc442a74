/**
 * The framing of a protocol as data: {@link dev.tunbridge.protocol.frame.FrameFormat} describes it, and the encoder, the
 * decoder, the probe and the scanner follow the description without knowing any protocol.
 *
 * <p>Everything here is single-threaded, takes bytes and returns frames; there are no sockets, threads or clocks.
 */
@NullMarked
package dev.tunbridge.protocol.frame;

import org.jspecify.annotations.NullMarked;
