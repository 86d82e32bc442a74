package dev.tunbridge.bridge.replay;

import com.google.common.net.InetAddresses;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * One end of a connection, an address and a port, as a value that is cheap to make of a packet.
 *
 * @param high the first 64 bits of an IPv6 address, 0 for IPv4
 * @param low the last 64 bits, or the IPv4 address
 */
public record End(int addressBytes, long high, long low, int port) {
    /** Reads {@code 192.0.2.1:7000} or {@code [2001:db8::1]:7000}. */
    public static End parse(String text) {
        int colon = text.lastIndexOf(':');
        String address = colon > 0 ? text.substring(0, colon) : "";
        boolean isBracketed = address.startsWith("[") && address.endsWith("]");
        if (isBracketed) {
            address = address.substring(1, address.length() - 1);
        }
        if (!InetAddresses.isInetAddress(address) || isBracketed != address.contains(":")) {
            throw new IllegalArgumentException(text);
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(text);
        }
        return of(InetAddresses.forString(address), port);
    }

    public static End of(InetAddress address, int port) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.remaining() == 4
                ? new End(4, 0, bytes.getInt() & 0xffff_ffffL, port)
                : new End(16, bytes.getLong(), bytes.getLong(), port);
    }

    static End of(IpView ip, int addressIndex, int port) {
        ByteBuf buffer = ip.buffer();
        return ip.addressBytes() == 4
                ? new End(4, 0, buffer.getUnsignedInt(addressIndex), port)
                : new End(16, buffer.getLong(addressIndex), buffer.getLong(addressIndex + 8), port);
    }

    public InetAddress address() {
        ByteBuffer bytes = ByteBuffer.allocate(addressBytes);
        if (addressBytes == 4) {
            bytes.putInt((int) low);
        } else {
            bytes.putLong(high).putLong(low);
        }
        try {
            return InetAddress.getByAddress(bytes.array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(addressBytes + " bytes are no address", e);
        }
    }

    InetSocketAddress socketAddress() {
        return new InetSocketAddress(address(), port);
    }

    @Override
    public String toString() {
        return InetAddresses.toUriString(address()) + ":" + port;
    }
}
