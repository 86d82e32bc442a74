package dev.tunbridge.reassembly.stream;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.Ipv6Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Builds the packets of one outer connection as a server sends them. Every setter is of the next packet only or says otherwise. */
public final class Segments {
    /** Of the interface that everything comes in by. */
    public static final int INTERFACE = 7;

    /** Behind the IP header and the TCP header without options. */
    private static final int TIMESTAMPS = 0x0101_080a;

    private final FourTuple path;
    private final int initialSequenceNumber;
    private final int acknowledgementNumber;

    // Of every packet until changed.
    private boolean hasTimestamps = true;
    private int timestamp = 1_000_000;
    private int echo = 5_000_000;
    private long ackOffset;
    private long nowNanos;

    public Segments(FourTuple path, int initialSequenceNumber, int acknowledgementNumber) {
        this.path = path;
        this.initialSequenceNumber = initialSequenceNumber;
        this.acknowledgementNumber = acknowledgementNumber;
    }

    public static FourTuple version4() {
        return path("198.18.0.2", "198.18.0.1");
    }

    public static FourTuple version6() {
        return path("2001:2::2", "2001:2::1");
    }

    private static FourTuple path(String local, String remote) {
        try {
            return new FourTuple(
                    new InetSocketAddress(InetAddress.getByName(local), 40_000),
                    new InetSocketAddress(InetAddress.getByName(remote), 7_000));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // literals are not looked up
        }
    }

    public FourTuple path() {
        return path;
    }

    public Segments withoutTimestamps() {
        hasTimestamps = false;
        return this;
    }

    public Segments stamps(int timestamp, int echo) {
        this.timestamp = timestamp;
        this.echo = echo;
        return this;
    }

    public Segments acknowledging(long offset) {
        ackOffset = offset;
        return this;
    }

    public Segments at(long nowNanos) {
        this.nowNanos = nowNanos;
        return this;
    }

    /** The server's answer to our SYN. */
    public CapturedSegment synAck() {
        long acked = ackOffset;
        ackOffset = 0;
        CapturedSegment segment = packet(-1, TcpView.SYN | TcpView.ACK, new byte[0]);
        ackOffset = acked;
        return segment;
    }

    /** Bytes of the stream. */
    public CapturedSegment data(long offset, byte... payload) {
        return packet(offset, TcpView.ACK | TcpView.PSH, payload);
    }

    public CapturedSegment packet(long offset, int flags, byte... payload) {
        int addressBytes = path.addressBytes();
        ByteBuf out = Unpooled.buffer();
        int headerBytes = addressBytes == 4 ? Ipv4Header.BYTES : Ipv6Header.BYTES;
        out.writeZero(headerBytes);
        writeTcp(out, offset, flags, payload);
        writeIp(out, headerBytes);
        finishTcp(out, headerBytes);
        return captured(out);
    }

    private void writeTcp(ByteBuf out, long offset, int flags, byte[] payload) {
        boolean isSyn = (flags & TcpView.SYN) != 0;
        int options = (hasTimestamps ? 12 : 0) + (isSyn ? 12 : 0);
        out.writeShort(path.remote().getPort()).writeShort(path.local().getPort());
        out.writeInt((int) (initialSequenceNumber + 1L + offset));
        out.writeInt((int) (acknowledgementNumber + ackOffset));
        out.writeByte((TcpView.HEADER_BYTES + options) << 2).writeByte(flags);
        out.writeShort(501).writeShort(0).writeShort(0);
        if (isSyn) {
            out.writeInt(0x0204_05b4).writeInt(0x0103_0307).writeInt(0x0101_0402); // MSS 1460, scale 7, SACK
        }
        if (hasTimestamps) {
            out.writeInt(TIMESTAMPS).writeInt(timestamp).writeInt(echo);
        }
        out.writeBytes(payload);
    }

    private void writeIp(ByteBuf out, int headerBytes) {
        int length = out.writerIndex() - headerBytes;
        ByteBuf addresses = Unpooled.wrappedBuffer(
                path.remote().getAddress().getAddress(),
                path.local().getAddress().getAddress());
        if (path.addressBytes() == 4) {
            Ipv4Header.write(out, 0, 0, length, 6, 64, addresses, 0, 4);
        } else {
            Ipv6Header.write(out, 0, 0, length, 6, 64, addresses, 0, 16);
        }
    }

    /** Computes the TCP checksum of a packet anew. */
    public void finishTcp(ByteBuf packet, int headerBytes) {
        packet.setShort(headerBytes + TcpView.CHECKSUM_AT, 0);
        int length = packet.writerIndex() - headerBytes;
        long sum = InternetChecksum.sum(packet, headerBytes, length) + pseudoHeader(packet, length);
        packet.setShort(headerBytes + TcpView.CHECKSUM_AT, InternetChecksum.complete(sum));
    }

    public long pseudoHeader(ByteBuf packet, int length) {
        int addressBytes = path.addressBytes();
        int source = addressBytes == 4 ? 12 : 8;
        return InternetChecksum.pseudoHeader(packet, source, source + addressBytes, addressBytes, 6, length);
    }

    public CapturedSegment captured(ByteBuf packet) {
        int length = packet.readableBytes();
        return new CapturedSegment()
                .wrap(packet, packet.readerIndex(), length, length, nowNanos)
                .mark(INTERFACE, false, false);
    }
}
