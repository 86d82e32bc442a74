package dev.tunbridge.linux.netlink;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** An address family, with its number in Linux (AF_INET, AF_INET6). */
public enum AddressFamily {
    IPV4(2, 4),
    IPV6(10, 16);

    private final int number;
    private final int bytes;

    AddressFamily(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    public static AddressFamily of(InetAddress address) {
        return address instanceof Inet4Address ? IPV4 : IPV6;
    }

    /** Whether the kernel's number is one of these. */
    static boolean isKnown(int number) {
        return number == IPV4.number || number == IPV6.number;
    }

    static AddressFamily of(int number) {
        return number == IPV4.number ? IPV4 : IPV6;
    }

    int number() {
        return number;
    }

    /** Of an address. */
    public int bytes() {
        return bytes;
    }

    /** Of an address. */
    public int bits() {
        return bytes * Byte.SIZE;
    }

    /** {@code 0.0.0.0} or {@code ::}: where the default route begins. */
    public InetAddress unspecified() {
        try {
            return InetAddress.getByAddress(new byte[bytes]);
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // for another length alone
        }
    }
}
