/**
 * Capture files, read and written: pcap and pcapng, also packed by gzip.
 *
 * <pre>
 *   file ► FileWindow (mapped, or unpacked) ► PacketReader (of either format: frame, stamp, link type)
 *        ► LinkHeader ► Encapsulation, again and again ► the innermost IP packet
 * </pre>
 *
 * No library is asked. A file may be of any size: a window of it is mapped at a time, and frames are handed over where
 * they lie. What cannot be read is refused with file, frame, byte, value and what is allowed; what is merely odd is
 * read and counted ({@link dev.tunbridge.reassembly.recording.FileTally}).
 */
@NullMarked
package dev.tunbridge.reassembly.recording;

import org.jspecify.annotations.NullMarked;
