/**
 * The way to the server, played on real kernels: three namespaces, of which the middle one is a router that drops what a test
 * says.
 *
 * <pre>
 *   device 198.18.0.1 ── router ── 198.18.0.6 server, which is also 198.18.1.1 to .3 and 2001:2:0:9::1 to ::3
 * </pre>
 */
@NullMarked
package dev.tunbridge.sim.outer;

import org.jspecify.annotations.NullMarked;
