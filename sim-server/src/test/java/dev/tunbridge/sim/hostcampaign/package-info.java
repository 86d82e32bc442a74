/**
 * Seeded hosts, and bridges that come and go on them in every way: nothing that was there before a bridge differs after its end.
 * What there is is compared by what {@code ip -j}, {@code tc -j}, {@code nft -j} and the sysctls show.
 *
 * <pre>
 *   device: a {@link SeededHost}, and in it tb0 ── out0 198.18.0.1/30 ── server 198.18.0.2, which is also 198.18.1.1
 * </pre>
 */
@NullMarked
package dev.tunbridge.sim.hostcampaign;

import org.jspecify.annotations.NullMarked;
