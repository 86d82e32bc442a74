/**
 * What of a host stands in a tunnel's way, and the command that mends it. {@link dev.tunbridge.bridge.doctor.Doctor} reads files of the
 * kernel and what {@code ip} and a few other programs print, and changes nothing; a {@link dev.tunbridge.bridge.doctor.Fix} changes one
 * value and can put it back.
 *
 * <p>It starts with the command line: neither Netty nor a native library is loaded here. Every reading is bounded in size and in
 * time, and what cannot be read is a finding like others.
 */
@NullMarked
package dev.tunbridge.bridge.doctor;

import org.jspecify.annotations.NullMarked;
