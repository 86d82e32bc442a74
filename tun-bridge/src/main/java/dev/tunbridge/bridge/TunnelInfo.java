package dev.tunbridge.bridge;

import dev.tunbridge.protocol.message.Carriage;
import java.net.InetAddress;

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
        InetAddress serverAddress) {}
