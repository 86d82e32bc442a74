package dev.tunbridge.bridge.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.tun.TunHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Ten thousand clients have their addresses; then a packet costs no object, either way. */
class MappingAllocationTest {
    private static final int CLIENTS = 10_000;
    private static final int PACKETS = 100_000;

    private final Sink sink = new Sink();
    private final MappedDevice device = new MappedDevice(sink, () -> 0);
    private final ByteBuf packet = Unpooled.directBuffer(40).writeZero(40);
    private final ByteBuf answer = Unpooled.directBuffer(40).writeZero(40);
    private int passed;

    @Test
    void rewritingAllocatesNothing() throws IOException {
        EventLoop loop = new DefaultEventLoop();
        device.open(loop, new Handler());
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        device.map(new ClientMapping(Prefix.parse("198.18.0.0/17"), CLIENTS, new IdleTimes(1_000, 1_000, 1_000), 5));
        for (ByteBuf each : List.of(packet, answer)) {
            each.setInt(0, 0x4500_0028).setByte(8, 64).setByte(9, 6).setByte(32, 0x50);
            each.setInt(16, 0xc613_ff01);
        }
        for (int i = 0; i < 5; i++) {
            pass();
        }
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getCurrentThreadAllocatedBytes();
        pass();
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;
        assertThat((double) allocated / PACKETS).as("bytes for each packet").isLessThan(1);
        assertThat(passed).isEqualTo(6 * PACKETS);
        assertThat(device.mappingStats().orElseThrow().entries()).isEqualTo(CLIENTS);
        device.close();
    }

    private void pass() {
        TunHandler kernel = Objects.requireNonNull(sink.handler);
        for (int i = 0; i < PACKETS; i++) {
            packet.setInt(12, 0x0a00_0000 + i % CLIENTS);
            device.write(packet, 0, 40);
            // To whoever got this packet's address.
            answer.setInt(12, 0xc613_ff01).setInt(16, sink.lastSource);
            kernel.onPacket(answer, 0, 40);
        }
        device.flush();
    }

    private final class Handler implements TunHandler {
        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            passed++;
        }

        @Override
        public void onReadComplete() {}

        @Override
        public void onDeviceLost(IOException cause) {}
    }

    /** Takes everything, and keeps nothing but whose packet the last was. */
    private static final class Sink extends DeviceEnd {
        int lastSource;

        @Override
        public void write(ByteBuf buffer, int index, int length) {
            lastSource = buffer.getInt(index + 12);
        }

        @Override
        public void write(ByteBuf head, int headIndex, int headLength, ByteBuf body, int bodyIndex, int bodyLength) {
            lastSource = head.getInt(headIndex + 12);
        }
    }
}
