/**
 * A protocol's description as a dissector for Wireshark: one Lua file of the description's own numbers and of a reader that is the same
 * for all, kept as resources.
 */
@NullMarked
package dev.tunbridge.protocol.dissector;

import org.jspecify.annotations.NullMarked;
