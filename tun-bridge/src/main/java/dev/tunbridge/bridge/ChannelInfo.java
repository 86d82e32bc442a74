package dev.tunbridge.bridge;

import java.net.InetSocketAddress;

/**
 * One virtual socket.
 *
 * @param isTcp otherwise UDP
 * @param devicePort that the client has asked for
 * @param client as the server says
 */
public record ChannelInfo(boolean isTcp, int devicePort, InetSocketAddress client) {
    @Override
    public String toString() {
        return (isTcp ? "tcp " : "udp ") + devicePort + " from "
                + client.getAddress().getHostAddress() + " port " + client.getPort();
    }
}
