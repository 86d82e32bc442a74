package dev.tunbridge.bridge.replay;

import com.google.common.net.InetAddresses;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;

/** Outer packets as a capture file has them: IPv4 and TCP, finished in every checksum unless a test spoils one. */
public final class TcpPackets {
    static final InetSocketAddress DEVICE = end("198.18.0.1", 40_000);
    public static final InetSocketAddress SERVER = end("198.18.0.2", 7_000);

    private TcpPackets() {}

    public static InetSocketAddress end(String address, int port) {
        return new InetSocketAddress(InetAddresses.forString(address), port);
    }

    /** What a test says of one segment; the rest is the usual. */
    public static final class Builder {
        private final InetSocketAddress source;
        private final InetSocketAddress destination;
        private int sequence;
        private int acknowledgement;
        private int flags;
        private int window = 0xffff;
        private byte[] options = {};
        private byte[] payload = {};

        private Builder(InetSocketAddress source, InetSocketAddress destination) {
            this.source = source;
            this.destination = destination;
        }

        public Builder sequence(int sequence) {
            this.sequence = sequence;
            return this;
        }

        public Builder ack(int acknowledgement) {
            this.acknowledgement = acknowledgement;
            flags |= TcpView.ACK;
            return this;
        }

        public Builder flags(int flags) {
            this.flags |= flags;
            return this;
        }

        public Builder window(int window) {
            this.window = window;
            return this;
        }

        public Builder options(int... bytes) {
            options = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                options[i] = (byte) bytes[i];
            }
            return this;
        }

        public Builder timestamps(int value, int echo) {
            ByteBuf option =
                    Unpooled.buffer().writeInt(0x0101080a).writeInt(value).writeInt(echo);
            options = new byte[12];
            option.readBytes(options);
            return this;
        }

        public Builder sack(int left, int right) {
            ByteBuf option =
                    Unpooled.buffer().writeInt(0x0101050a).writeInt(left).writeInt(right);
            options = new byte[12];
            option.readBytes(options);
            return this;
        }

        public Builder payload(byte[] payload) {
            this.payload = payload.clone();
            return this;
        }

        public byte[] bytes() {
            int tcpBytes = TcpView.HEADER_BYTES + options.length + payload.length;
            byte[] packet = new byte[Ipv4Header.BYTES + tcpBytes];
            ByteBuf out = Unpooled.wrappedBuffer(packet);
            ByteBuf addresses = Unpooled.wrappedBuffer(
                    source.getAddress().getAddress(), destination.getAddress().getAddress());
            Ipv4Header.write(out, 0, 0, tcpBytes, 6, 64, addresses, 0, 4);
            ByteBuf tcp =
                    Unpooled.wrappedBuffer(packet, Ipv4Header.BYTES, tcpBytes).clear();
            tcp.writeShort(source.getPort()).writeShort(destination.getPort());
            tcp.writeInt(sequence).writeInt(acknowledgement);
            tcp.writeByte(((TcpView.HEADER_BYTES + options.length) / 4) << 4).writeByte(flags);
            tcp.writeShort(window).writeInt(0).writeBytes(options).writeBytes(payload);
            long sum = InternetChecksum.pseudoHeader(addresses, 0, 4, 4, 6, tcpBytes)
                    + InternetChecksum.sum(tcp, 0, tcpBytes);
            tcp.setShort(TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
            return packet;
        }

        OuterSegment segment() {
            return TcpPackets.segment(bytes());
        }
    }

    public static Builder fromServer(int sequence) {
        return new Builder(SERVER, DEVICE).sequence(sequence);
    }

    public static Builder fromDevice(int sequence) {
        return new Builder(DEVICE, SERVER).sequence(sequence);
    }

    public static Builder between(InetSocketAddress source, InetSocketAddress destination) {
        return new Builder(source, destination);
    }

    static OuterSegment segment(byte[] packet) {
        OuterSegment segment = new OuterSegment();
        CapturedSegment captured =
                new CapturedSegment().wrap(Unpooled.wrappedBuffer(packet), 0, packet.length, packet.length, 0);
        if (segment.wrap(captured) != OuterSegment.Kind.TCP) {
            throw new AssertionError("not a TCP segment");
        }
        return segment;
    }
}
