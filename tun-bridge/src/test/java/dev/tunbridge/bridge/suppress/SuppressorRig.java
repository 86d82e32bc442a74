package dev.tunbridge.bridge.suppress;

import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.replay.TcpPackets;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor.Verdict;
import dev.tunbridge.bridge.tun.MemoryTunDevice;
import dev.tunbridge.bridge.tun.TunOptions;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A suppressor between a local sender and an outer connection whose acknowledgements are the test's decision. */
final class SuppressorRig implements AutoCloseable {
    static final InetSocketAddress DEVICE = TcpPackets.end("198.19.0.1", 80);
    static final InetSocketAddress CLIENT = TcpPackets.end("198.19.0.9", 40_000);
    /** Around each payload in the outer stream. */
    static final int FRAME_OVERHEAD = 50;

    final RetransmitSuppressor suppressor = new RetransmitSuppressor();
    private final FlowTable flows = new FlowTable(16);
    private final SenderFeedback feedback = new SenderFeedback(suppressor);
    private final MemoryTunDevice device = new MemoryTunDevice(TunOptions.named("tb0"));
    private final InnerPacket view = new InnerPacket();
    private final IpView ip = new IpView();
    private byte[] last = {};
    long nowNanos = TimeUnit.SECONDS.toNanos(1);
    long writtenTo;
    long ackedTo;

    SuppressorRig() {
        suppressor.connect(() -> ackedTo);
    }

    void pass(long millis) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** All that was written is acknowledged. */
    void ackOuter() {
        ackedTo = writtenTo;
        suppressor.look(nowNanos);
    }

    static TcpPackets.Builder fromDevice(int sequence) {
        return TcpPackets.between(DEVICE, CLIENT).sequence(sequence);
    }

    static TcpPackets.Builder fromClient(int sequence) {
        return TcpPackets.between(CLIENT, DEVICE).sequence(sequence);
    }

    /** A data segment as a sender has it. */
    static TcpPackets.Builder data(int sequence, int length) {
        return fromDevice(sequence).ack(1).payload(new byte[length]);
    }

    /** The device sends, and what passes is written to the outer connection at once. */
    Verdict send(TcpPackets.Builder segment) {
        Verdict verdict = queue(segment);
        if (verdict != Verdict.DROP) {
            carried(suppressor.range());
        }
        return verdict;
    }

    /** The same, but it stays in the queue. */
    Verdict queue(TcpPackets.Builder segment) {
        ByteBuf packet = Unpooled.wrappedBuffer(segment.bytes());
        wrap(packet, 0, packet.readableBytes());
        Verdict verdict = suppressor.judge(view, 0, flows.fromDevice(view, nowNanos), nowNanos);
        if (verdict == Verdict.EDITED) {
            wrap(packet, suppressor.index(), suppressor.length());
        }
        last = new byte[view.totalLength()];
        packet.getBytes(verdict == Verdict.EDITED ? suppressor.index() : 0, last);
        return verdict;
    }

    void carried(long range) {
        writtenTo += FRAME_OVERHEAD + last.length;
        suppressor.carried(range, writtenTo);
    }

    /** The client is heard; answers what the device gets. */
    byte[] hear(TcpPackets.Builder segment) {
        byte[] bytes = segment.bytes();
        ByteBuf packet = Unpooled.wrappedBuffer(bytes);
        wrap(packet, 0, bytes.length);
        InnerSender due = suppressor.heard(view, flows.fromTunnel(view, nowNanos), nowNanos);
        if (due == null || !feedback.write(device, view, 0, due)) {
            return bytes;
        }
        device.flush();
        List<byte[]> written = device.takeWritten();
        return written.get(written.size() - 1);
    }

    /** What the last {@link #queue} let on, with everything about it checked. */
    TcpView sent() {
        return parse(last);
    }

    static TcpView parse(byte[] packet) {
        IpView ip = new IpView();
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        if (ip.wrap(buffer, 0, packet.length) != IpProblem.OK || !ip.headerChecksumValid()) {
            throw new AssertionError("IP header");
        }
        InnerPacket inner = new InnerPacket();
        inner.wrap(ip);
        TcpView tcp = new TcpView();
        if (tcp.wrap(buffer, inner.transportIndex(), inner.transportLength()) != TcpProblem.OK
                || !inner.isTransportChecksumValid()) {
            throw new AssertionError("TCP header");
        }
        return tcp;
    }

    @Override
    public void close() {
        feedback.release();
        device.close();
    }

    private void wrap(ByteBuf packet, int index, int length) {
        if (ip.wrap(packet, index, length) != IpProblem.OK) {
            throw new AssertionError("IP header");
        }
        view.wrap(ip);
    }
}
