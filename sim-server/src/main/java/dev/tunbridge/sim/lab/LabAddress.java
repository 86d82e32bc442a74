package dev.tunbridge.sim.lab;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An address of a lab with its prefix length. Only the benchmark ranges are allowed: an address that leaks out of a
 * lab is routed nowhere.
 */
public record LabAddress(InetAddress address, int prefixLength) {
    private static final byte[] IPV4_RANGE = {(byte) 198, 18};
    private static final int IPV4_RANGE_BITS = 15;
    private static final byte[] IPV6_RANGE = {0x20, 0x01, 0, 2, 0, 0};
    private static final int IPV6_RANGE_BITS = 48;
    private static final String ALLOWED = "; allowed: within 198.18.0.0/15 or 2001:2::/48, as ADDRESS/PREFIX";

    public LabAddress {
        byte[] bytes = address.getAddress();
        boolean ipv6 = bytes.length == 16;
        int rangeBits = ipv6 ? IPV6_RANGE_BITS : IPV4_RANGE_BITS;
        boolean inside = prefixLength >= rangeBits
                && prefixLength <= bytes.length * 8
                && startsWith(bytes, ipv6 ? IPV6_RANGE : IPV4_RANGE, rangeBits);
        if (!inside) {
            throw new IllegalArgumentException(
                    "lab address " + address.getHostAddress() + "/" + prefixLength + ALLOWED);
        }
    }

    /** From {@code 198.18.0.1/30} or {@code 2001:2::1/64}; without a prefix length the address alone. */
    public static LabAddress parse(String text) {
        int slash = text.indexOf('/');
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (bytes == null) {
            throw new IllegalArgumentException("lab address " + text + ALLOWED);
        }
        try {
            int prefixLength = slash < 0 ? bytes.length * 8 : Integer.parseInt(text.substring(slash + 1));
            return new LabAddress(InetAddress.getByAddress(bytes), prefixLength);
        } catch (NumberFormatException | UnknownHostException e) {
            throw new IllegalArgumentException("lab address " + text + ALLOWED, e);
        }
    }

    boolean isIpv6() {
        return address.getAddress().length == 16;
    }

    String host() {
        return address.getHostAddress();
    }

    @Override
    public String toString() {
        return host() + "/" + prefixLength;
    }

    private static boolean startsWith(byte[] bytes, byte[] range, int bits) {
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit & 7);
            if ((bytes[bit >> 3] & mask) != (range[bit >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
