package dev.tunbridge.sim.e2e;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.PacketSocket;
import dev.tunbridge.linux.SocketFilter;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.scene.Scene;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteOrder;

/** Sends into the device's TUN what the local kernel would hardly send, in the name of one of its connections. */
final class RawInnerSender implements AutoCloseable {
    private static final Function SENDTO = Function.getFunction("c", "sendto");
    private static final int AF_PACKET = 17;
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;
    /** struct sockaddr_ll: family, protocol in network order, interface; see {@link PacketSocket}. */
    private static final int ADDRESS_BYTES = 20;

    private final PacketSocket socket;
    private final int interfaceIndex;

    private RawInnerSender(PacketSocket socket, int interfaceIndex) {
        this.socket = socket;
        this.interfaceIndex = interfaceIndex;
    }

    static RawInnerSender open(Scene scene) throws IOException {
        return scene.deviceSide().call(() -> {
            PacketSocket socket = PacketSocket.open();
            try {
                socket.attach(SocketFilter.nothing());
                return new RawInnerSender(socket, Interfaces.index("tb0"));
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        });
    }

    /** Sends a segment with the headers of this one, but for its place and its payload. */
    void send(RecordedSegment like, int sequenceNumber, byte[] payload) throws IOException {
        ByteBuf packet = Unpooled.directBuffer();
        try {
            packet.writeBytes(like.packet().duplicate());
            IpView ip = new IpView();
            if (ip.wrap(packet, 0, packet.readableBytes()) != IpProblem.OK) {
                throw new IOException("not an IP packet: " + like);
            }
            int transport = ip.payloadIndex();
            packet.writerIndex(packet.writerIndex() - like.payloadLength()).writeBytes(payload);
            int tcpBytes = packet.writerIndex() - transport;
            if (ip.addressBytes() == 4) {
                packet.setShort(IpView.V4_TOTAL_LENGTH_AT, packet.writerIndex());
                Ipv4Header.finish(packet, 0, transport);
            } else {
                packet.setShort(IpView.V6_PAYLOAD_LENGTH_AT, tcpBytes);
            }
            packet.setInt(transport + TcpView.SEQUENCE_AT, sequenceNumber);
            packet.setShort(transport + TcpView.CHECKSUM_AT, 0);
            long sum = InternetChecksum.pseudoHeader(
                            packet,
                            ip.sourceIndex(),
                            ip.destinationIndex(),
                            ip.addressBytes(),
                            IpView.PROTOCOL_TCP,
                            tcpBytes)
                    + InternetChecksum.sum(packet, transport, tcpBytes);
            packet.setShort(transport + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
            Memory to = new Memory(ADDRESS_BYTES);
            to.clear();
            to.setShort(0, (short) AF_PACKET);
            to.getByteBuffer(2, Short.BYTES).order(ByteOrder.BIG_ENDIAN).putShort((short)
                    (ip.version() == 4 ? ETH_P_IP : ETH_P_IPV6));
            to.setInt(4, interfaceIndex);
            int sent = SENDTO.invokeInt(new Object[] {
                socket.fd(), new Pointer(packet.memoryAddress()), packet.writerIndex(), 0, to, ADDRESS_BYTES
            });
            if (sent != packet.writerIndex()) {
                throw new IOException("the device has taken " + sent + " of " + packet.writerIndex() + " bytes");
            }
        } finally {
            packet.release();
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
