/**
 * Descriptions from recordings: bytes of a protocol that nobody has described go in, ranked descriptions come out, each with what
 * speaks for it.
 *
 * <pre>
 *   directions ─┬► LengthSearch (chains of lengths) ──┬► CheckSearch, CrcSolver ► Header, InnerPackets ► DescriptionText ► Rehearsal
 *               └► DelimiterSearch (marks, escapes) ──┘
 * </pre>
 *
 * Everything here is single-threaded and takes byte arrays; there are no sockets, threads or clocks. Work is counted, not timed:
 * see {@link dev.tunbridge.protocol.inference.WorkBound}.
 */
@NullMarked
package dev.tunbridge.protocol.inference;

import org.jspecify.annotations.NullMarked;
