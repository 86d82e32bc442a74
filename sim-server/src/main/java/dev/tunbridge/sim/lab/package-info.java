/**
 * The lab: network namespaces that a test, the demo or a benchmark makes for itself, connects by impaired links and
 * throws away. It uses addresses of 198.18.0.0/15 and 2001:2::/48 only, the ranges set aside for benchmarks (RFC 2544,
 * RFC 5180), and touches nothing outside its own namespaces. What a killed process left is removed at the next start.
 */
@NullMarked
package dev.tunbridge.sim.lab;

import org.jspecify.annotations.NullMarked;
