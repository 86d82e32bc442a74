package dev.tunbridge.sim.rawlane;

import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.SequenceNumber;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The server's end of one TCP connection after the other, without a kernel: it answers the handshake and takes what the client sends;
 * what it sends, and when, is the test's decision, segment by segment. One thread.
 */
final class RawServer {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final int WINDOW_SCALE = 7;

    private final WireTun wire;
    private final InetSocketAddress address;
    private final IpView ip = new IpView();
    private final TcpView tcp = new TcpView();
    private final ByteBuf received = Unpooled.buffer();
    private final long clockStartNanos = System.nanoTime();

    private InetSocketAddress client;
    private int initialSequenceNumber;
    private int clientInitialNumber;
    private int clientNext;
    private int clientTimestamp;
    private int acknowledged;
    private boolean isSynSeen;
    private boolean isEstablished;
    private boolean isReset;

    RawServer(WireTun wire, InetSocketAddress address) {
        this.wire = wire;
        this.address = address;
        client = address;
    }

    /** Forgets the connection before, and takes the next: to the end of the handshake. */
    void accept(int initialSequenceNumber) throws IOException {
        listen(initialSequenceNumber);
        await("a SYN", () -> isSynSeen);
        answerSyn();
        await("the handshake's end", () -> isEstablished);
    }

    /** Forgets the connection before. */
    void listen(int initialSequenceNumber) {
        this.initialSequenceNumber = initialSequenceNumber;
        isSynSeen = false;
        isEstablished = false;
        isReset = false;
        received.clear();
    }

    boolean isSynSeen() {
        return isSynSeen;
    }

    /** Accepts what the client has asked for, with everything that this end can. */
    void answerSyn() throws IOException {
        byte[] options = Unpooled.buffer(20, 20)
                .writeInt(0x020405b4) // maximum segment size 1460
                .writeShort(0x0402) // selective acknowledgement
                .writeShort(0x080a)
                .writeInt(clock())
                .writeInt(clientTimestamp)
                .writeInt(0x01030300 | WINDOW_SCALE)
                .array();
        wire.write(new CraftedSegment(address, client, initialSequenceNumber, clientNext, new byte[0])
                .flags(TcpView.SYN | TcpView.ACK)
                .options(options)
                .toPacket());
    }

    /** A segment with everything right. */
    CraftedSegment segment(long streamOffset, byte[] payload) {
        int sequenceNumber = (int) (initialSequenceNumber + 1L + streamOffset);
        return new CraftedSegment(address, client, sequenceNumber, clientNext, payload)
                .flags(TcpView.ACK | (payload.length > 0 ? TcpView.PSH : 0))
                .timestamps(clock(), clientTimestamp);
    }

    void send(CraftedSegment segment) throws IOException {
        wire.write(segment.toPacket());
    }

    /** Sends bytes of the stream. */
    void send(long streamOffset, byte[] payload) throws IOException {
        send(segment(streamOffset, payload));
    }

    /** Takes what the client has sent meanwhile, and acknowledges data. */
    void pump() throws IOException {
        int before = clientNext;
        for (ByteBuf packet = wire.read(); packet.isReadable(); packet = wire.read()) {
            boolean isOurs = ip.wrap(packet, 0, packet.readableBytes()) == IpProblem.OK
                    && ip.version() == 4
                    && ip.protocol() == IpView.PROTOCOL_TCP
                    && tcp.wrap(packet, ip.payloadIndex(), ip.payloadLength()) == TcpProblem.OK
                    && tcp.destinationPort() == address.getPort();
            if (isOurs) {
                take(packet);
            }
        }
        if (isEstablished && clientNext != before) {
            send(segment(sentOffset(), new byte[0]));
        }
    }

    private void take(ByteBuf packet) throws IOException {
        if (tcp.hasFlags(TcpView.SYN)) {
            client = new InetSocketAddress(
                    InetAddress.getByAddress(ByteBufUtil.getBytes(packet, ip.sourceIndex(), ip.addressBytes())),
                    tcp.sourcePort());
            clientInitialNumber = tcp.sequenceNumber();
            clientNext = clientInitialNumber + 1;
            isSynSeen = true;
        } else if (tcp.sourcePort() != client.getPort() || !isSynSeen) {
            return; // of a connection before
        } else if (tcp.hasFlags(TcpView.RST)) {
            isReset = true;
            return;
        } else {
            isEstablished = true;
            acknowledged = tcp.acknowledgementNumber();
            if (tcp.sequenceNumber() == clientNext && tcp.payloadLength() > 0) {
                received.writeBytes(packet, tcp.payloadIndex(), tcp.payloadLength());
                clientNext += tcp.payloadLength();
            }
        }
        boolean isNewer = tcp.hasTimestamps()
                && (tcp.hasFlags(TcpView.SYN) || SequenceNumber.isAtOrAfter(tcp.timestampValue(), clientTimestamp));
        if (isNewer) {
            clientTimestamp = tcp.timestampValue();
        }
    }

    /** Pumps until something is so. */
    void await(String what, BooleanSupplier condition) throws IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        pump();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("no " + what + " within " + LIMIT);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            pump();
        }
    }

    /** The stream offset up to which the client has acknowledged. */
    long sentOffset() {
        return SequenceNumber.difference(acknowledged, initialSequenceNumber + 1);
    }

    /** What the client has sent, in order. */
    ByteBuf received() {
        return received;
    }

    boolean isReset() {
        return isReset;
    }

    /** Ends the connection at once. */
    void reset() throws IOException {
        send(segment(sentOffset(), new byte[0]).flags(TcpView.RST | TcpView.ACK));
    }

    InetSocketAddress client() {
        return client;
    }

    /** The clock of the timestamps, in milliseconds. */
    private int clock() {
        return 0x7fff_0000 + (int) TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - clockStartNanos);
    }
}
