package dev.tunbridge.sim.server;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What a simulated server is.
 *
 * @param listen where devices connect; port 0 for any
 * @param tun name of its TUN device
 * @param tunnelAddress its own address in the tunnel
 * @param prefixLength of the tunnel's network
 * @param deviceAddress the address that its welcome gives to the device
 * @param carriage the carriage that it picks; a hello that does not offer it is rejected
 * @param writeMode how frames are written
 * @param format the framing
 * @param mtu the inner MTU that its welcome names
 * @param token what a hello must carry; empty: anything
 */
public record ServerOptions(
        InetSocketAddress listen,
        String tun,
        InetAddress tunnelAddress,
        int prefixLength,
        InetAddress deviceAddress,
        Carriage carriage,
        WriteMode writeMode,
        FrameFormat format,
        int mtu,
        String token) {

    /** What a server gives its devices unless told otherwise: fits one outer segment on Ethernet in each carriage. */
    public static final int DEFAULT_MTU = 1400;

    public ServerOptions {
        boolean isSameFamily = tunnelAddress.getAddress().length == deviceAddress.getAddress().length;
        if (!isSameFamily || tunnelAddress.equals(deviceAddress)) {
            throw new IllegalArgumentException("device: '" + deviceAddress.getHostAddress()
                    + "' is not valid; allowed: another address of the same family as "
                    + tunnelAddress.getHostAddress());
        }
    }
}
