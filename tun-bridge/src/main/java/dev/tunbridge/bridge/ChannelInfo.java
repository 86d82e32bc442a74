package dev.tunbridge.bridge;

import dev.tunbridge.protocol.message.Message;
import java.net.InetSocketAddress;

/**
 * One virtual socket.
 *
 * @param isTcp otherwise UDP
 * @param devicePort that the client has asked for
 * @param client as the server says
 */
public record ChannelInfo(boolean isTcp, int devicePort, InetSocketAddress client) {
    /** What an open says. */
    public static ChannelInfo of(Message.Open asked) {
        return new ChannelInfo(
                asked.transport() == Message.TCP,
                asked.devicePort(),
                new InetSocketAddress(asked.clientAddress(), asked.clientPort()));
    }

    @Override
    public String toString() {
        return (isTcp ? "tcp " : "udp ") + devicePort + " from "
                + client.getAddress().getHostAddress() + " port " + client.getPort();
    }
}
