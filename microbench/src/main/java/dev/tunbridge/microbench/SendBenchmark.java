package dev.tunbridge.microbench;

import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.queue.EgressQueue;
import dev.tunbridge.bridge.queue.QueueOptions;
import dev.tunbridge.bridge.queue.QueuedPacket;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/** The way of a full packet to the server, in parts; an operation is one packet. */
public class SendBenchmark extends LoopBenchmark {
    private static final int PACKETS = Traffic.SEGMENTS;
    private static final int SEQUENCE_AT = 24;
    private static final long STEP_NANOS = 10_000;

    private final ByteBuf[] packets = Traffic.flow(PACKETS);
    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private final FlowTable flows = new FlowTable(1_024);
    private final RetransmitSuppressor suppressor = new RetransmitSuppressor();
    private final RetransmitSuppressor copies = new RetransmitSuppressor();
    private final EgressQueue queue = new EgressQueue(PooledByteBufAllocator.DEFAULT, QueueOptions.of(4 << 20));
    private long nowNanos = 1;
    private long written;
    private int sequence = 1;

    @Setup
    public void setUp() {
        suppressor.connect(() -> written);
        copies.connect(() -> 0);
        for (ByteBuf bytes : packets) {
            wrap(bytes);
            copies.judge(packet, 0, flows.fromDevice(packet, nowNanos), nowNanos);
        }
    }

    private void wrap(ByteBuf bytes) {
        ip.wrap(bytes, 0, bytes.readableBytes());
        packet.wrap(ip);
    }

    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int viewAndFlow() {
        int hash = 0;
        for (ByteBuf bytes : packets) {
            wrap(bytes);
            hash += flows.fromDevice(packet, nowNanos).hash();
        }
        return hash;
    }

    /** New data, remembered as under way, acknowledged outside and inside. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public long ledger() {
        for (ByteBuf bytes : packets) {
            bytes.setInt(SEQUENCE_AT, sequence);
            sequence += Traffic.PAYLOAD_BYTES;
            nowNanos += STEP_NANOS;
            wrap(bytes);
            suppressor.judge(packet, 0, flows.fromDevice(packet, nowNanos), nowNanos);
            written += bytes.readableBytes();
            suppressor.carried(suppressor.range(), written);
        }
        acknowledge();
        return written;
    }

    private void acknowledge() {
        suppressor.look(nowNanos);
        ByteBuf ack = ACKS[0];
        ack.setInt(SEQUENCE_AT + 4, sequence);
        wrap(ack);
        suppressor.heard(packet, flows.fromTunnel(packet, nowNanos), nowNanos);
    }

    private static final ByteBuf[] ACKS = {reverse(Traffic.packet(1, 0))};

    private static ByteBuf reverse(ByteBuf packet) {
        int source = packet.getInt(12);
        packet.setInt(12, packet.getInt(16)).setInt(16, source);
        int ports = packet.getInt(20);
        return packet.setInt(20, ports << 16 | ports >>> 16);
    }

    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int queue() {
        for (ByteBuf bytes : packets) {
            nowNanos += STEP_NANOS;
            wrap(bytes);
            queue.offer(packet, 0, bytes.readableBytes(), 7, RetransmitSuppressor.NO_RANGE, nowNanos);
        }
        int polled = 0;
        for (QueuedPacket next = queue.poll(nowNanos); next != null; next = queue.poll(nowNanos)) {
            polled += next.length();
            queue.release(next);
        }
        return polled;
    }
}
