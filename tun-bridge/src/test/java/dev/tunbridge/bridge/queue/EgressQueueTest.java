package dev.tunbridge.bridge.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.flow.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EgressQueueTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress CLIENT = InetAddresses.forString("198.19.0.9");

    private final EgressQueue queue = new EgressQueue(UnpooledByteBufAllocator.DEFAULT, 16 * 1024);

    @Test
    void acknowledgementsOvertakeBulk() {
        offer(6, 1000, 1);
        offer(6, 1000, 1);
        offer(6, 0, 1);
        assertThat(drain()).containsExactly(40, 1040, 1040);
    }

    @Test
    void aSmallPacketDoesNotOvertakeItsOwnFlow() {
        offer(17, 1000, 1);
        offer(17, 100, 1);
        offer(17, 100, 2);
        assertThat(drain()).containsExactly(128, 1028, 128);
    }

    @Test
    void dropsOverTheBoundAndCountsIt() {
        int taken = 0;
        while (offer(6, 1000, 1)) {
            taken++;
        }
        assertThat(taken).isEqualTo(16 * 1024 / 1040);
        assertThat(queue.stats().dropped()).isEqualTo(1);
        assertThat(queue.stats().droppedBytes()).isEqualTo(1040);
        assertThat(offer(6, 0, 2))
                .as("an acknowledgement still fits into the reserve")
                .isTrue();
        assertThat(queue.clear()).isEqualTo(taken + 1);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void holdsACopySoThatTheReadBufferMayChange() {
        ByteBuf packet = Packets.ip(DEVICE, CLIENT, 17, 1, 2, 300);
        packet.setByte(100, 7);
        queue.offer(Packets.view(packet), 0, packet.readableBytes(), 1, 0, 0);
        packet.setByte(100, 9);
        QueuedPacket queued = requireNonNull(queue.poll());
        assertThat(queued.buffer().getByte(100)).isEqualTo((byte) 7);
        ByteBuf copy = queued.buffer();
        queue.release(queued);
        assertThat(copy.refCnt()).isZero();
    }

    @Test
    void neverExceedsItsBoundAndKeepsEachFlowsOrder() {
        long seed = 42;
        Random random = new Random(seed);
        List<List<Integer>> sent = new ArrayList<>();
        List<List<Integer>> left = new ArrayList<>();
        for (int flow = 0; flow < 8; flow++) {
            sent.add(new ArrayList<>());
            left.add(new ArrayList<>());
        }
        for (int i = 1; i < 50_000; i++) {
            if (random.nextInt(3) > 0) {
                int flow = random.nextInt(8);
                ByteBuf packet = Packets.ip(DEVICE, CLIENT, 17, flow, 2, 4 + random.nextInt(600));
                packet.setInt(28, i);
                if (queue.offer(Packets.view(packet), 0, packet.readableBytes(), flow, 0, i)) {
                    sent.get(flow).add(i);
                }
            } else {
                takeOne(left);
            }
            assertThat(queue.bytes()).isBetween(0, 16 * 1024 * 9 / 8);
        }
        while (takeOne(left)) {
            // until empty
        }
        assertThat(left).as("seed %d", seed).isEqualTo(sent);
    }

    private boolean takeOne(List<List<Integer>> left) {
        QueuedPacket queued = queue.poll();
        if (queued == null) {
            return false;
        }
        left.get(queued.buffer().getUnsignedShort(20)).add(queued.buffer().getInt(28));
        queue.release(queued);
        return true;
    }

    private boolean offer(int protocol, int payload, int flow) {
        ByteBuf packet = Packets.ip(DEVICE, CLIENT, protocol, flow, 80, payload);
        InnerPacket view = Packets.view(packet);
        return queue.offer(view, 0, packet.readableBytes(), flow, 0, 0);
    }

    private List<Integer> drain() {
        List<Integer> lengths = new ArrayList<>();
        for (QueuedPacket queued = queue.poll(); queued != null; queued = queue.poll()) {
            lengths.add(queued.length());
            queue.release(queued);
        }
        return lengths;
    }
}
