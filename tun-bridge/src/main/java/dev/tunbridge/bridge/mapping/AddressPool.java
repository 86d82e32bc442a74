package dev.tunbridge.bridge.mapping;

import com.google.common.primitives.Longs;
import dev.tunbridge.bridge.filter.Prefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * The addresses of a network that clients may be given, numbered from 0. A network's first address and the last of an
 * IPv4 one mean all of its hosts to some, so nobody gets them.
 */
final class AddressPool {
    /** What an IPv6 network of any length offers us: a number fits an int, and a table the memory. */
    private static final int MOST = 1 << 21;

    private final Prefix network;
    private final int addressBytes;
    private final long high;
    private final long first;
    private final int size;
    private final Prefix.Match match;

    AddressPool(Prefix network) {
        this.network = network;
        byte[] bytes = network.address().getAddress();
        addressBytes = bytes.length;
        int hostBits = bytes.length * Byte.SIZE - network.length();
        long all = hostBits >= 31 ? MOST : 1L << hostBits;
        long kept = bytes.length == 4 ? 2 : 1;
        if (all <= kept) {
            throw new IllegalArgumentException(network + " has no address to give");
        }
        size = (int) Math.min(MOST, all - kept);
        ByteBuffer words = ByteBuffer.wrap(bytes);
        high = addressBytes == 4 ? 0 : words.getLong(0);
        first = (addressBytes == 4 ? Integer.toUnsignedLong(words.getInt(0)) : words.getLong(8)) + 1;
        match = network.match();
    }

    Prefix network() {
        return network;
    }

    int addressBytes() {
        return addressBytes;
    }

    /** How many there are. */
    int size() {
        return size;
    }

    boolean contains(int addressBytes, long high, long low) {
        return match.contains(addressBytes, high, low);
    }

    /** The number of an address of this network; {@link #size()} or more, or negative, if nobody gets it. */
    long numberOf(long low) {
        return low - first;
    }

    /** The first 64 bits of each; 0 for IPv4. */
    long high() {
        return high;
    }

    long low(int number) {
        return first + number;
    }

    static InetAddress address(int addressBytes, long high, long low) {
        byte[] bytes = addressBytes == 4
                ? ByteBuffer.allocate(4).putInt((int) low).array()
                : ByteBuffer.wrap(new byte[16])
                        .put(Longs.toByteArray(high))
                        .put(Longs.toByteArray(low))
                        .array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // its length is an address's
        }
    }
}
