package dev.tunbridge.bridge.tun;

import dev.tunbridge.microbench.LoopBenchmark;
import dev.tunbridge.microbench.Traffic;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/** A super-packet from the device cut into packets, and packets joined for it; an operation is one packet. */
public class OffloadBenchmark extends LoopBenchmark {
    private static final int SEGMENTS = Traffic.SEGMENTS;
    private static final int PAYLOAD = SEGMENTS * Traffic.PAYLOAD_BYTES;

    private ByteBuf original = Unpooled.EMPTY_BUFFER;
    private ByteBuf superPacket = Unpooled.EMPTY_BUFFER;
    private ByteBuf[] packets = {};
    private final WriteBatch batch = new WriteBatch(TunOptions.named("bench"));
    private long bytes;
    private final PacketSplitter splitter = new PacketSplitter((buffer, index, length) -> bytes += length);

    @Setup
    public void setUp() {
        packets = Traffic.flow(SEGMENTS);
        ByteBuf whole = Traffic.packet(1, PAYLOAD);
        original = Unpooled.directBuffer().writeZero(VirtioHeader.BYTES).writeBytes(whole);
        VirtioHeader.write(
                original,
                0,
                VirtioHeader.GSO_TCP4,
                Traffic.HEADER_BYTES,
                Traffic.PAYLOAD_BYTES,
                Ipv4Header.BYTES,
                TcpView.CHECKSUM_AT);
        superPacket = original.copy();
    }

    /** The splitter writes headers into the buffer, so that it is restored each time: a copy of 64 KiB is in the figure. */
    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public long split() {
        superPacket.setBytes(0, original, 0, original.readableBytes());
        splitter.split(superPacket, 0, superPacket.readableBytes());
        return bytes;
    }

    @Benchmark
    @OperationsPerInvocation(SEGMENTS)
    public long coalesce() {
        for (ByteBuf packet : packets) {
            batch.add(packet, 0, packet.readableBytes());
        }
        batch.drain(gather -> {
            bytes += gather.packets();
            return true;
        });
        return bytes;
    }
}
