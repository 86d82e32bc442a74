package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.TunnelInfo;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import java.net.Inet4Address;
import java.net.InetAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much of a packet a frame of this protocol holds, and what it adds. */
final class FrameRoom {
    private static final Logger LOG = LoggerFactory.getLogger(FrameRoom.class);

    /** Asked for lengths only, so it is none of a connection's. */
    private final MessageCodec codec;

    FrameRoom(MessageCodec codec) {
        this.codec = codec;
    }

    /** The welcome's MTU in bytes, or less where a frame cannot hold that much: the kernel must know what really fits. */
    int mtu(TunnelParameters welcome) {
        if (welcome.carriage() == Carriage.SOCKET) {
            return welcome.mtu(); // no packet travels
        }
        InetAddress address = welcome.deviceAddress();
        int fits = welcome.carriage().includes(Carriage.PACKET)
                ? codec.maxPacketBytes()
                : codec.maxSegmentBytes(address.getAddress().length) + ipHeaderBytes(address);
        if (fits < welcome.mtu()) {
            LOG.warn("the welcome's MTU {} is more than a frame holds; using {}", welcome.mtu(), fits);
        }
        return Math.min(welcome.mtu(), fits);
    }

    /** What a full packet's frame has more bytes than the packet. */
    int overheadBytes(TunnelInfo tunnel) {
        if (tunnel.carriage() == Carriage.SOCKET) {
            return codec.dataOverheadBytes();
        }
        InetAddress address = tunnel.deviceAddress();
        return tunnel.carriage().includes(Carriage.PACKET)
                ? codec.packetOverheadBytes()
                : codec.segmentOverheadBytes(address.getAddress().length) - ipHeaderBytes(address);
    }

    private static int ipHeaderBytes(InetAddress address) {
        return address instanceof Inet4Address ? Ipv4Header.BYTES : Ipv6Header.BYTES;
    }
}
