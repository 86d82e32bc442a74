package dev.tunbridge.bridge.local;

import dev.tunbridge.bridge.relay.Channel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * The PROXY protocol's header, version 2: who the client is (haproxy's doc/proxy-protocol.txt, section 2.2). Where the client has meant to go
 * is the device's address and the port; that address is what the welcome says.
 */
final class ProxyHeader {
    private ProxyHeader() {}

    /** @param device the device's address; where it is of another family than the client's, that family's unspecified one is said */
    static ByteBuf of(Channel channel, InetAddress device) {
        InetAddress client = channel.clientAddress();
        boolean isIpv4 = client instanceof Inet4Address;
        String destination =
                device.getClass() == client.getClass() ? device.getHostAddress() : isIpv4 ? "0.0.0.0" : "::";
        HAProxyMessage message = new HAProxyMessage(
                HAProxyProtocolVersion.V2,
                HAProxyCommand.PROXY,
                protocol(channel.isTcp(), isIpv4),
                client.getHostAddress(),
                destination,
                channel.clientPort(),
                channel.devicePort());
        EmbeddedChannel encoder = new EmbeddedChannel(HAProxyMessageEncoder.INSTANCE);
        encoder.writeOutbound(message);
        ByteBuf header = encoder.readOutbound();
        encoder.finishAndReleaseAll();
        return header;
    }

    private static HAProxyProxiedProtocol protocol(boolean isTcp, boolean isIpv4) {
        if (isTcp) {
            return isIpv4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6;
        }
        return isIpv4 ? HAProxyProxiedProtocol.UDP4 : HAProxyProxiedProtocol.UDP6;
    }
}
