/** Curves, bars, dots and heat maps as SVG pictures, as CSV, as text and as a page: data in, text out, no files. */
@NullMarked
package dev.tunbridge.sim.plot;

import org.jspecify.annotations.NullMarked;
