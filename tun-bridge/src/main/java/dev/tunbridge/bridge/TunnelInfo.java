package dev.tunbridge.bridge;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.protocol.message.Carriage;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the server's welcome has settled.
 *
 * @param device name of the TUN device
 * @param carriage how traffic travels
 * @param sessionId the server's number for this session
 * @param mtu largest inner packet
 * @param deviceAddress the device's address in the tunnel
 * @param prefixLength of the tunnel's network
 * @param serverAddress the other end's address in the tunnel
 */
public record TunnelInfo(
        String device,
        Carriage carriage,
        long sessionId,
        int mtu,
        InetAddress deviceAddress,
        int prefixLength,
        InetAddress serverAddress) {

    /** The networks that the device reaches through the tunnel by itself: the welcome's, its server, and these routes of its family. */
    public List<Prefix> reached(Collection<Prefix> routes) {
        int addressBits = deviceAddress.getAddress().length * Byte.SIZE;
        return Stream.concat(
                        Stream.of(Prefix.of(deviceAddress, prefixLength), Prefix.of(serverAddress, addressBits)),
                        routes.stream().filter(route -> route.address().getAddress().length * Byte.SIZE == addressBits))
                .toList();
    }
}
