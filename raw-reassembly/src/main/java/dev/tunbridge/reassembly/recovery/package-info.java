/** Frames behind a hole, and their reconciliation with the kernel's stream. */
@NullMarked
package dev.tunbridge.reassembly.recovery;

import org.jspecify.annotations.NullMarked;
