/** The outer TCP stream as the capture shows it: which segments may be used, what they cover, what is missing. */
@NullMarked
package dev.tunbridge.reassembly.stream;

import org.jspecify.annotations.NullMarked;
