package dev.tunbridge.bridge.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What channels of the relay rely on: bytes of a stream are never lost here, nor reordered, and take turns with packets. */
class OwnedFlowTest {
    private static final int BOUND = 64 * 1024;
    private static final int FRAME = 1_000;

    private final ByteBuf bytes = Unpooled.buffer(FRAME).writeZero(FRAME);
    private final List<String> dropped = new ArrayList<>();
    private EgressQueue queue = queue(true);

    private static final class Stream extends OwnedFlow {
        private final String name;

        Stream(String name, Loss loss) {
            super(loss);
            this.name = name;
        }
    }

    private final Stream stream = new Stream("stream", OwnedFlow.Loss.NEVER);
    private final Stream datagrams = new Stream("datagrams", OwnedFlow.Loss.BY_CODEL);

    @AfterEach
    void release() {
        queue.clear();
        bytes.release();
    }

    private EgressQueue queue(boolean aqm) {
        EgressQueue made =
                new EgressQueue(UnpooledByteBufAllocator.DEFAULT, new QueueOptions(BOUND, aqm, true, List.of()));
        made.listen(new QueueListener() {
            @Override
            public boolean mark(QueuedPacket packet) {
                return false;
            }

            @Override
            public boolean mayDrop(QueuedPacket packet) {
                return true;
            }

            @Override
            public void onDropped(QueuedPacket packet) {
                dropped.add(name(packet));
            }
        });
        return made;
    }

    private static String name(QueuedPacket packet) {
        return packet.owner() instanceof Stream owner ? owner.name : "packet";
    }

    private void offer(Stream flow, int number, int length, long nowNanos) {
        bytes.setInt(0, number);
        queue.offer(flow, 80, 50_000, bytes, 0, length, nowNanos);
    }

    private boolean offerPacket(int flow, long nowNanos) {
        return QueueRig.offer(queue, QueueRig.tcp(flow, FRAME), nowNanos);
    }

    private List<String> drain(long nowNanos) {
        List<String> order = new ArrayList<>();
        for (QueuedPacket next = queue.poll(nowNanos); next != null; next = queue.poll(nowNanos)) {
            order.add(
                    next.owner() == null
                            ? "packet"
                            : name(next) + next.buffer().getInt(next.buffer().readerIndex()));
            queue.release(next);
        }
        return order;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamLosesNothingHoweverFullTheQueueAndHoweverLongItWaits(boolean aqm) {
        queue = queue(aqm);
        int frames = 4 * BOUND / FRAME;
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            offer(stream, i, FRAME, 0);
            offerPacket(1, 0);
            expected.add("stream" + i);
        }
        List<String> seen = new ArrayList<>();
        long now = 0;
        for (QueuedPacket next = queue.poll(now); next != null; next = queue.poll(now)) {
            if (next.owner() != null) {
                seen.add(name(next) + next.buffer().getInt(next.buffer().readerIndex()));
            }
            queue.release(next);
            now += TimeUnit.MILLISECONDS.toNanos(20); // far beyond CoDel's target
        }
        assertThat(seen).isEqualTo(expected);
        assertThat(dropped).doesNotContain("stream");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamTakesNothingOfTheRoomForPackets(boolean aqm) {
        queue = queue(aqm);
        for (int i = 0; i < 4 * BOUND / FRAME; i++) {
            offer(stream, i, FRAME, 0);
        }
        for (int i = 0; i < 40; i++) {
            assertThat(offerPacket(1, 0)).isTrue();
        }
        assertThat(dropped).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void streamsAndPacketsTakeTurns(int streams) {
        List<Stream> all = new ArrayList<>();
        for (int s = 0; s < streams; s++) {
            all.add(new Stream("s" + s + "-", OwnedFlow.Loss.NEVER));
        }
        for (int i = 0; i < 30; i++) {
            for (Stream one : all) {
                offer(one, i, FRAME, 0);
            }
            offerPacket(1, 0);
        }
        List<String> half = drain(0).subList(0, 15 * (streams + 1));
        for (Stream one : all) {
            assertThat(half.stream().filter(name -> name.startsWith(one.name)).count())
                    .isBetween(12L, 18L);
        }
        assertThat(half.stream().filter("packet"::equals).count()).isBetween(12L, 18L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void smallPiecesGoBeforeBulkOfOthers(boolean aqm) {
        queue = queue(aqm);
        Stream interactive = new Stream("keys", OwnedFlow.Loss.NEVER);
        offer(stream, 1, FRAME, 0);
        offer(stream, 2, FRAME, 0);
        offer(interactive, 3, 40, 0);
        assertThat(drain(0)).containsExactly("keys3", "stream1", "stream2");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSmallPieceDoesNotOvertakeItsOwnStream(boolean aqm) {
        queue = queue(aqm);
        offer(stream, 1, FRAME, 0);
        offer(stream, 2, 40, 0);
        offer(stream, 3, FRAME, 0);
        assertThat(drain(0)).containsExactly("stream1", "stream2", "stream3");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsDiscardedIsGoneAndNothingElseIs(boolean aqm) {
        queue = queue(aqm);
        Stream other = new Stream("other", OwnedFlow.Loss.NEVER);
        for (int i = 0; i < 3; i++) {
            offer(stream, i, FRAME, 0);
            offer(other, i, FRAME, 0);
        }
        queue.discard(stream);
        assertThat(queue.packets()).isEqualTo(3);
        assertThat(drain(0)).containsExactly("other0", "other1", "other2");
        offer(stream, 7, FRAME, 0);
        assertThat(drain(0)).containsExactly("stream7");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void manyThatAreDiscardedLeaveTheOthersTheirTurns(boolean aqm) {
        queue = queue(aqm);
        for (int i = 0; i < 20_000; i++) {
            Stream one = new Stream("s" + i, OwnedFlow.Loss.NEVER);
            offer(one, 0, FRAME, 0);
            queue.release(requireNonNull(queue.poll(0))); // its flow keeps a place among those that take turns
            offer(one, 1, FRAME, 0);
            queue.discard(one);
            assertThat(one.queue).isNull();
        }
        offer(stream, 7, FRAME, 0);
        assertThat(drain(0)).containsExactly("stream7");
        assertThat(queue.stats().flows()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clearingLeavesNothing(boolean aqm) {
        queue = queue(aqm);
        offer(stream, 1, FRAME, 0);
        offerPacket(1, 0);
        offer(datagrams, 1, FRAME, 0);
        assertThat(queue.clear()).isEqualTo(3);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void datagramsThatWaitTooLongAreDroppedAndTold() {
        int count = 200;
        for (int i = 0; i < count; i++) {
            offer(datagrams, i, FRAME, 0);
        }
        int left = 0;
        long now = 0;
        for (QueuedPacket next = queue.poll(now); next != null; next = queue.poll(now)) {
            left++;
            queue.release(next);
            now += TimeUnit.MILLISECONDS.toNanos(20);
        }
        assertThat(dropped).isNotEmpty().containsOnly("datagrams");
        assertThat(left + dropped.size()).isEqualTo(count);
    }
}
