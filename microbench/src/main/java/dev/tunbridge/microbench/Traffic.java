package dev.tunbridge.microbench;

import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;

/** Inner IPv4 and TCP packets of one bulk flow, in memory outside the heap as the event loop has them. */
public final class Traffic {
    /** What a tunnel with an MTU of 1,400 carries in full segments with timestamps. */
    public static final int PAYLOAD_BYTES = 1_348;

    /** Full segments of that size in the largest super-packet. */
    public static final int SEGMENTS = 48;

    public static final int HEADER_BYTES = Ipv4Header.BYTES + TcpView.HEADER_BYTES + 12;

    private static final int TIMESTAMPS = 0x0101_080a;
    private static final ByteBuf ADDRESSES =
            Unpooled.wrappedBuffer(new byte[] {(byte) 198, 19, 0, 1, (byte) 198, 19, 0, 9});

    private Traffic() {}

    /** Whole, with both checksums right. */
    public static ByteBuf packet(int sequence, int payloadBytes) {
        ByteBuf out = Unpooled.directBuffer(HEADER_BYTES + payloadBytes);
        int tcpBytes = HEADER_BYTES - Ipv4Header.BYTES + payloadBytes;
        out.writeZero(Ipv4Header.BYTES);
        out.writeShort(80).writeShort(40_000).writeInt(sequence).writeInt(1);
        out.writeByte(8 << 4).writeByte(TcpView.ACK).writeShort(501).writeInt(0);
        out.writeInt(TIMESTAMPS).writeInt(7).writeInt(7);
        byte[] payload = new byte[payloadBytes];
        new Random(sequence).nextBytes(payload);
        out.writeBytes(payload);
        Ipv4Header.write(out, 0, 0, tcpBytes, 6, 64, ADDRESSES, 0, 4);
        long sum = InternetChecksum.pseudoHeader(ADDRESSES, 0, 4, 4, 6, tcpBytes)
                + InternetChecksum.sum(out, Ipv4Header.BYTES, tcpBytes);
        out.setShort(Ipv4Header.BYTES + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
        return out;
    }

    /** A bulk flow's packets, one behind the other in sequence. */
    public static ByteBuf[] flow(int packets) {
        ByteBuf[] flow = new ByteBuf[packets];
        for (int i = 0; i < packets; i++) {
            flow[i] = packet(1 + i * PAYLOAD_BYTES, PAYLOAD_BYTES);
        }
        return flow;
    }
}
