package dev.tunbridge.bridge.path;

import dev.tunbridge.linux.netlink.AddressFamily;
import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * What tuning must know of an established tunnel.
 *
 * @param deviceAddress this end's address in it
 * @param mtu longest packet
 * @param frameOverheadBytes what a full packet's frame has more bytes than the packet; less than none where the carriage leaves the IP
 *     header away
 */
public record TunnelShape(InetAddress deviceAddress, int mtu, int frameOverheadBytes) {
    boolean isIpv4() {
        return deviceAddress instanceof Inet4Address;
    }

    AddressFamily family() {
        return AddressFamily.of(deviceAddress);
    }
}
