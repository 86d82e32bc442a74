/**
 * How answers find their way back into the tunnel: what of the host would send them elsewhere, whether clients are given
 * addresses of a pool for that, and which. The choosing is a function of what is found; finding it reads the kernel's files.
 * And how answers are led by the connection they belong to, where clients keep their own: a table of nftables ({@link AnswerMarks}).
 */
@NullMarked
package dev.tunbridge.bridge.answers;

import org.jspecify.annotations.NullMarked;
