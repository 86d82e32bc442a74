/** Curves as SVG pictures, as CSV and as text: data in, text out, no files. */
@NullMarked
package dev.tunbridge.sim.plot;

import org.jspecify.annotations.NullMarked;
