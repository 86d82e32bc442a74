/**
 * A capture file of an outer connection, run through the very core that the bridge runs: what the raw lane would have gained,
 * without a bridge, a device or root.
 *
 * <pre>
 *   file ► ConnectionTable (first pass: which connections there are) ► ConnectionChoice
 *   file ► ConnectionTable (second pass) ─┬► ReceivePath.onSegment (the raw lane)
 *                                         └► ModelReceiver (the kernel's part) ► ReceivePath.received ► RecordingTunDevice
 * </pre>
 *
 * Time is the file's. A file may be of any size: memory is bounded by the number of connections, and by what a kernel
 * would hold.
 */
@NullMarked
package dev.tunbridge.bridge.replay;

import org.jspecify.annotations.NullMarked;
