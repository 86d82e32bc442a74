package dev.tunbridge.bridge.answers;

import java.net.Inet4Address;
import java.net.InetAddress;

/** Which of the two. */
public enum IpFamily {
    IPV4,
    IPV6;

    public static IpFamily of(InetAddress address) {
        return address instanceof Inet4Address ? IPV4 : IPV6;
    }
}
