/**
 * Checked views over link headers, the headers of IPv4, IPv6, TCP and UDP, and of packets in packets, their checksums, and arithmetic on sequence numbers.
 *
 * <p>A view is a flyweight: {@code wrap} checks every length once and names what is wrong, after which the accessors
 * cannot fail. It is wrapped again for the next packet and never allocated per packet. All numbers are in host order,
 * all indexes are absolute indexes of the buffer.
 */
@NullMarked
package dev.tunbridge.reassembly.wire;

import org.jspecify.annotations.NullMarked;
