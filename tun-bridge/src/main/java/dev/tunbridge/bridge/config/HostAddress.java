package dev.tunbridge.bridge.config;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;

/** An address of a host in its network, {@code 198.19.0.1/30}. */
public record HostAddress(InetAddress address, int prefixLength) {
    static HostAddress parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = InetAddresses.forString(text.substring(0, Math.max(0, slash)));
        int length = Integer.parseInt(text.substring(slash + 1));
        if (length < 0 || length > Byte.SIZE * address.getAddress().length) {
            throw new IllegalArgumentException("prefix length " + length);
        }
        return new HostAddress(address, length);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength;
    }
}
