package dev.tunbridge.microbench;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.mapping.ClientMapping;
import dev.tunbridge.bridge.mapping.IdleTimes;
import dev.tunbridge.bridge.mapping.MappedDevice;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tun.TunHandler;
import dev.tunbridge.bridge.tun.TunStats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/**
 * What it costs to give a client an address of the pool, among 10,000 that have one; an operation is one full packet. The
 * clients of a burst are all different, so none is found where the last one was.
 */
public class MappingBenchmark extends LoopBenchmark {
    private static final int PACKETS = Traffic.SEGMENTS;
    private static final int CLIENTS = 10_000;
    private static final int FIRST_CLIENT = 0x0a00_0000;
    private static final int SOURCE_AT = 12;
    private static final int DESTINATION_AT = 16;
    /** As Traffic has them, turned round. */
    private static final int DEVICE = 0xc613_0009;

    private final ByteBuf[] packets = Traffic.flow(PACKETS);
    private final Sink sink = new Sink();
    private final MappedDevice device = new MappedDevice(sink, System::nanoTime);
    private final int[] addresses = new int[CLIENTS];
    private int client;

    @Setup
    public void setUp() throws Exception {
        device.open(null, new Counter());
        long idleNanos = TimeUnit.HOURS.toNanos(1);
        device.map(new ClientMapping(
                new Prefix(InetAddress.getByAddress(new byte[] {(byte) 198, 18, 0, 0}), 17),
                CLIENTS,
                new IdleTimes(idleNanos, idleNanos, idleNanos),
                42));
        for (int i = 0; i < CLIENTS; i++) {
            packets[0].setInt(SOURCE_AT, FIRST_CLIENT + i);
            device.write(packets[0], 0, packets[0].readableBytes());
            addresses[i] = sink.source;
        }
    }

    /** A step that is prime to the number of clients, so that all of them get their turn. */
    private int next() {
        client += 1_237;
        if (client >= CLIENTS) {
            client -= CLIENTS;
        }
        return client;
    }

    /** To the device. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int down() {
        for (ByteBuf packet : packets) {
            packet.setInt(SOURCE_AT, FIRST_CLIENT + next());
            device.write(packet, 0, packet.readableBytes());
        }
        device.flush();
        return sink.source;
    }

    /** From the device: in place. */
    @Benchmark
    @OperationsPerInvocation(PACKETS)
    public int up() {
        TunHandler kernel = sink.handler;
        if (kernel == null) {
            throw new IllegalStateException("not open");
        }
        for (ByteBuf packet : packets) {
            packet.setInt(SOURCE_AT, DEVICE).setInt(DESTINATION_AT, addresses[next()]);
            kernel.onPacket(packet, 0, packet.readableBytes());
        }
        kernel.onReadComplete();
        return sink.source;
    }

    /** Takes what comes out of the mapping. */
    private final class Counter implements TunHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            sink.source += buffer.getInt(index + DESTINATION_AT);
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onDeviceLost(IOException cause) {}
    }

    /** A device that costs nothing. */
    private static final class Sink implements TunDevice {
        private @Nullable TunHandler handler;
        private int source;

        @Override
        public String name() {
            return "tb0";
        }

        @Override
        public void open(EventLoop loop, TunHandler opened) {
            handler = opened;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void write(ByteBuf packet, int index, int length) {
            source = packet.getInt(index + SOURCE_AT);
        }

        @Override
        public void write(ByteBuf head, int headIndex, int headLength, ByteBuf body, int bodyIndex, int bodyLength) {
            source = head.getInt(headIndex + SOURCE_AT);
        }

        @Override
        public void flush() {}

        @Override
        public void pauseReading() {}

        @Override
        public void resumeReading() {}

        @Override
        public TunStats stats() {
            throw new UnsupportedOperationException("not asked here");
        }

        @Override
        public void close() {}
    }
}
