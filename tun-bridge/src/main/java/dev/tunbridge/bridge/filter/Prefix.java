package dev.tunbridge.bridge.filter;

import com.google.common.net.InetAddresses;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import java.net.InetAddress;
import java.util.Arrays;

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

    /** The prefix as two masked words, so that a packet is matched by two comparisons. */
    Match match() {
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

    record Match(int addressBytes, long high, long highMask, long low, long lowMask) {
        boolean contains(int addressBytes, long high, long low) {
            return addressBytes == this.addressBytes && (high & highMask) == this.high && (low & lowMask) == this.low;
        }
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }
}
