/** Captured segments of the outer connection, live or from a file. */
@NullMarked
package dev.tunbridge.reassembly.capture;

import org.jspecify.annotations.NullMarked;
