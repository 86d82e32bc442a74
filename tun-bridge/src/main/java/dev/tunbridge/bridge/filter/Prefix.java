package dev.tunbridge.bridge.filter;

import com.google.common.net.InetAddresses;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An address prefix, {@code 198.18.0.0/15} or {@code 2001:2::/48}; bits past the length are zero. */
public record Prefix(InetAddress address, int length) {

    public Prefix {
        byte[] bytes = address.getAddress();
        if (length < 0 || length > bytes.length * 8) {
            throw new IllegalArgumentException("prefix length " + length + " of " + address.getHostAddress());
        }
        for (int bit = length; bit < bytes.length * 8; bit++) {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0) {
                throw new IllegalArgumentException(
                        address.getHostAddress() + "/" + length + " has bits set past its length");
            }
        }
    }

    /** Reads {@code ADDRESS/LENGTH}, or an address alone for exactly that one. Never asks a name server. */
    public static Prefix parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = InetAddresses.forString(slash < 0 ? text : text.substring(0, slash));
        int bits = address.getAddress().length * 8;
        return new Prefix(address, slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1)));
    }

    /** The network of so many bits that this address is of. */
    public static Prefix of(InetAddress member, int length) {
        byte[] bytes = member.getAddress();
        for (int bit = length; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        return new Prefix(of(bytes), length);
    }

    private static InetAddress of(byte[] bytes) {
        try {
            // Java takes an IPv4-mapped address (RFC 4291, 2.5.5.2) for IPv4, unless asked so.
            return bytes.length == 16 ? Inet6Address.getByAddress(null, bytes, -1) : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // its length is an address's
        }
    }

    /** The first addresses of this network that hosts may have, at most so many; of one that begins with what no host has, the first that are global. */
    public List<InetAddress> firstHosts(int most) {
        byte[] bytes = address.getAddress();
        int hostBits = bytes.length * Byte.SIZE - length;
        if (hostBits == 0) {
            return List.of(address);
        }
        if (length <= 2) {
            bytes[0] |= 0x20; // 2000::/3 (RFC 4291, 2.4), and 32.0.0.0/3
        }
        List<InetAddress> hosts = new ArrayList<>();
        int end = hostBits >= Byte.SIZE ? 0xff : (1 << hostBits) - 1;
        byte base = bytes[bytes.length - 1];
        for (int host = 1; host <= end && hosts.size() < most; host++) {
            bytes[bytes.length - 1] = (byte) (base | host);
            hosts.add(of(bytes.clone()));
        }
        return hosts;
    }

    /** Whether the address is of this network; one of the other family is of none. */
    public boolean contains(InetAddress other) {
        byte[] network = address.getAddress();
        byte[] bytes = other.getAddress();
        if (bytes.length != network.length) {
            return false;
        }
        int whole = length / Byte.SIZE;
        int mask = 0xff00 >> length % Byte.SIZE & 0xff;
        return Arrays.equals(network, 0, whole, bytes, 0, whole)
                && (mask == 0 || (bytes[whole] & mask) == (network[whole] & 0xff));
    }

    /** Whether the two have an address in common. */
    public boolean overlaps(Prefix other) {
        return length <= other.length ? contains(other.address) : other.contains(address);
    }

    /** The prefix as two masked words, so that a packet is matched by two comparisons. */
    public Match match() {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            long mask = length == 0 ? 0 : 0xffffffffL << (32 - length) & 0xffffffffL;
            return new Match(4, 0, 0, Integer.toUnsignedLong(Ints.fromByteArray(bytes)), mask);
        }
        long highMask = length == 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
        long lowMask = length <= 64 ? 0 : -1L << (128 - length);
        long high = Longs.fromByteArray(bytes);
        return new Match(16, high, highMask, Longs.fromByteArray(Arrays.copyOfRange(bytes, 8, 16)), lowMask);
    }

    /** A prefix to compare packets with: an IPv4 address is the lower word. */
    public record Match(int addressBytes, long high, long highMask, long low, long lowMask) {
        public boolean contains(int addressBytes, long high, long low) {
            return addressBytes == this.addressBytes && (high & highMask) == this.high && (low & lowMask) == this.low;
        }
    }

    @Override
    public String toString() {
        return InetAddresses.toAddrString(address) + "/" + length;
    }
}
