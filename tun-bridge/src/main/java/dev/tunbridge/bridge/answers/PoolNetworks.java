package dev.tunbridge.bridge.answers;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Which network a pool may have: the first that overlaps nothing. A device begins at a place of its own, so that it finds
 * the same at its next start, and its neighbour another one.
 */
final class PoolNetworks {
    /**
     * Where to look, the least used first: the addresses for benchmarks (RFC 2544), which no provider and hardly a LAN has,
     * then the ends of what is private, away from where LANs and containers begin, then what providers share (RFC 6598).
     */
    private static final List<Prefix> IPV4 = List.of(
            Prefix.parse("198.18.0.0/15"),
            Prefix.parse("172.28.0.0/14"),
            Prefix.parse("10.240.0.0/12"),
            Prefix.parse("100.112.0.0/12"));

    private static final int LONGEST_IPV4 = 24;
    /** All of the first block. */
    private static final int SHORTEST_IPV4 = 15;

    private static final int IPV6_TRIES = 8;
    private static final int IPV6_LENGTH = 64;
    private static final int BITS_IPV4 = 32;

    private PoolNetworks() {}

    /**
     * The first that is free, or empty if none is.
     *
     * @param entries clients to find room for; the network has twice as many addresses where it can
     * @param inUse networks of the host and of the tunnel
     */
    static Optional<Prefix> free(AddressFamily family, String device, int entries, Collection<Prefix> inUse) {
        return family == AddressFamily.IPV4 ? freeIpv4(device, entries, inUse) : freeIpv6(device, inUse);
    }

    private static Optional<Prefix> freeIpv4(String device, int entries, Collection<Prefix> inUse) {
        int bits = BITS_IPV4 - Integer.numberOfLeadingZeros(2 * entries - 1);
        int length = Math.min(LONGEST_IPV4, Math.max(SHORTEST_IPV4, BITS_IPV4 - bits));
        for (Prefix block : IPV4) {
            int count = 1 << Math.max(0, length - block.length());
            int begin = Math.floorMod(device.hashCode(), count);
            for (int i = 0; i < count; i++) {
                Prefix candidate = part(block, length, (begin + i) % count);
                if (isFree(candidate, inUse)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private static Prefix part(Prefix block, int length, int number) {
        int first = ByteBuffer.wrap(block.address().getAddress()).getInt();
        return prefix(
                ByteBuffer.allocate(4)
                        .putInt(first + (number << (BITS_IPV4 - length)))
                        .array(),
                length);
    }

    /** Of the addresses that are everybody's own (RFC 4193), with what looks like the random number it asks for. */
    private static Optional<Prefix> freeIpv6(String device, Collection<Prefix> inUse) {
        for (int i = 0; i < IPV6_TRIES; i++) {
            long mixed = (device.hashCode() * 0x9E3779B97F4A7C15L + i) * 0xBF58476D1CE4E5B9L;
            mixed ^= mixed >>> 29;
            // fd, 40 bits, and a subnet: TB
            long high = 0xfdL << 56 | (mixed & 0xff_ffff_ffffL) << 16 | 0x5442;
            Prefix candidate = prefix(ByteBuffer.allocate(16).putLong(high).array(), IPV6_LENGTH);
            if (isFree(candidate, inUse)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static boolean isFree(Prefix candidate, Collection<Prefix> inUse) {
        return inUse.stream().noneMatch(candidate::overlaps);
    }

    private static Prefix prefix(byte[] address, int length) {
        try {
            return new Prefix(InetAddress.getByAddress(address), length);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // its length is an address's
        }
    }
}
