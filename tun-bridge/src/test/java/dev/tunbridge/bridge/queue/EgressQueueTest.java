package dev.tunbridge.bridge.queue;

import static dev.tunbridge.bridge.queue.QueueRig.ack;
import static dev.tunbridge.bridge.queue.QueueRig.dscp;
import static dev.tunbridge.bridge.queue.QueueRig.fin;
import static dev.tunbridge.bridge.queue.QueueRig.ping;
import static dev.tunbridge.bridge.queue.QueueRig.tcp;
import static dev.tunbridge.bridge.queue.QueueRig.udp;
import static dev.tunbridge.bridge.queue.QueueRig.udp6;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.flow.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order in which packets leave, rule by rule. Flows are numbers; what a test expects is a list of flow and length. */
class EgressQueueTest {
    private static final int DATA = 1_400;
    private static final int EF = 46;
    private static final int CS1 = 8;
    private static final int LE = 1;

    private EgressQueue queue = queue(QueueOptions.of(256 * 1024));

    @AfterEach
    void release() {
        queue.clear();
    }

    private static EgressQueue queue(QueueOptions options) {
        return new EgressQueue(UnpooledByteBufAllocator.DEFAULT, options);
    }

    @Test
    void acknowledgementsOvertakeBulkAlsoOfTheirOwnFlow() {
        offer(tcp(1, DATA), tcp(1, DATA), ack(1), ack(2), ack(1));
        assertThat(drain()).containsExactly("1:40", "1:40", "2:40", "1:1440", "1:1440");
    }

    @Test
    void whatEndsAFlowDoesNotOvertakeItsData() {
        offer(tcp(1, DATA), fin(1));
        assertThat(drain()).containsExactly("1:1440", "1:40");
    }

    @Test
    void smallPacketsOfOtherFlowsOvertakeBulk() {
        offer(udp(1, 1_000), udp(1, 100), udp(2, 256), udp(3, 257));
        assertThat(drain()).containsExactly("2:256", "1:1000", "1:100", "3:257");
    }

    @Test
    void icmpOfAnySizeOvertakesBulk() {
        offer(udp(1, 1_000), ping(2, 1_400), ping(3, 84));
        assertThat(drain()).containsExactly("2:1400", "3:84", "1:1000");
    }

    @ParameterizedTest
    @ValueSource(ints = {46, 44, 40, 48, 56})
    void urgentCodePointsOvertakeBulk(int dscp) {
        offer(udp(1, 1_000), dscp(udp(2, 1_000), dscp), dscp(udp6(3, 1_000), dscp));
        assertThat(drain()).containsExactly("2:1000", "3:1000", "1:1000");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 18, 34, 63})
    void otherCodePointsDoNot(int dscp) {
        offer(udp(1, 1_000), dscp(udp(2, 1_000), dscp), dscp(udp6(3, 1_000), dscp));
        assertThat(drain()).containsExactly("1:1000", "2:1000", "3:1000");
    }

    @ParameterizedTest
    @ValueSource(ints = {CS1, LE})
    void theBackgroundGoesBehindBulk(int dscp) {
        offer(dscp(udp(1, 1_000), dscp), dscp(udp(2, 100), dscp), udp(3, 1_000));
        assertThat(drain()).containsExactly("3:1000", "1:1000", "2:100");
    }

    @Test
    void configuredPortsAreUrgentAtEitherEnd() {
        queue = queue(new QueueOptions(
                256 * 1024, true, true, List.of(new PortRange(5, 6), new PortRange(QueueRig.SERVICE_PORT, 9))));
        offer(dscp(udp(1, 1_000), CS1), udp(5, 1_000));
        assertThat(queue.stats().of(TrafficClass.PROMPT).packets()).isEqualTo(2);
        release();
        queue = queue(new QueueOptions(256 * 1024, true, true, List.of(new PortRange(5, 6))));
        offer(udp(1, 1_000), udp(5, 1_000), udp(6, 1_000), udp(7, 1_000), tcp(5, DATA));
        assertThat(drain()).containsExactly("5:1000", "5:1440", "6:1000", "1:1000", "7:1000");
    }

    @Test
    void aFlowThatSendsSomethingLowerTakesDownWhatItHasWaiting() {
        offer(udp(1, 1_000), udp(2, 100), udp(2, 1_000), udp(2, 100));
        assertThat(queue.stats().of(TrafficClass.PROMPT).packets()).isZero();
        assertThat(queue.stats().of(TrafficClass.BULK).bytes()).isEqualTo(2_200);
        offer(dscp(udp(1, 200), LE));
        assertThat(queue.stats().of(TrafficClass.BACKGROUND).packets()).isEqualTo(2);
        assertThat(drain()).containsExactly("2:100", "2:1000", "2:100", "1:1000", "1:200");
    }

    @Test
    void whatIsHigherGoesBehindWhatItsFlowHasWaiting() {
        offer(dscp(udp(1, 1_000), LE), dscp(udp(1, 1_000), EF), udp(2, 1_000));
        assertThat(drain()).containsExactly("2:1000", "1:1000", "1:1000");
    }

    @Test
    void aFloodOfSmallPacketsIsBulk() {
        offer(udp(1, 1_000));
        int few = FairQueueing.PROMPT_FLOW_BYTES / 200;
        for (int i = 0; i < few; i++) {
            offer(udp(2, 200));
        }
        assertThat(queue.stats().of(TrafficClass.PROMPT).packets()).isEqualTo(few);
        offer(udp(2, 200));
        assertThat(queue.stats().of(TrafficClass.PROMPT).packets()).isZero();
        offer(udp(3, 200));
        assertThat(drain()).startsWith("3:200", "1:1000", "2:200");
    }

    @Test
    void flowsTakeTurnsInBytes() {
        for (int i = 0; i < 3; i++) {
            offer(udp(1, 1_500));
        }
        for (int i = 0; i < 6; i++) {
            offer(udp(2, 757));
        }
        offer(udp(3, 1_500));
        assertThat(drain())
                .containsExactly(
                        "1:1500", "1:1500", "2:757", "2:757", "3:1500", "1:1500", "2:757", "2:757", "2:757", "2:757");
    }

    @Test
    void aFlowThatBeginsGoesBeforeThoseThatGoOn() {
        for (int i = 0; i < 5; i++) {
            offer(udp(1, 1_514), udp(2, 1_514));
        }
        assertThat(next()).isEqualTo("1:1514");
        assertThat(next()).isEqualTo("2:1514");
        assertThat(next()).isEqualTo("1:1514");
        offer(udp(3, 1_000), udp(3, 1_000), udp(3, 1_000));
        assertThat(next()).isEqualTo("3:1000");
        assertThat(next()).as("its quantum is not used up").isEqualTo("3:1000");
        assertThat(next()).isEqualTo("2:1514");
    }

    @Test
    void aFlowThatIsEmptyInBetweenIsNotNewEachTime() {
        for (int i = 0; i < 8 * 10; i++) {
            offer(udp(10 + i % 8, 1_514));
        }
        for (int i = 0; i < 8; i++) {
            next();
        }
        int sent = 0;
        for (int i = 0; i < 20; i++) {
            offer(udp(3, 1_000));
            for (int j = 0; j < 2; j++) {
                sent += next().startsWith("3:") ? 1 : 0;
            }
        }
        assertThat(sent).as("of 40 that nine flows sent").isBetween(4, 8);
    }

    @Test
    void promptLeavesAnEighthToTheOthers() {
        for (int i = 0; i < 60; i++) {
            offer(udp(1, 1_000), dscp(udp(2, 1_000), EF), dscp(udp(3, 1_000), LE));
        }
        assertThat(countOfNext(17).get(2)).as("a burst").isEqualTo(17);
        Map<Integer, Integer> sent = countOfNext(32);
        assertThat(sent.get(2)).isEqualTo(28);
        assertThat(sent.getOrDefault(1, 0) + sent.getOrDefault(3, 0)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, CS1, LE})
    void promptStarvesNobody(int dscp) {
        for (int i = 0; i < 60; i++) {
            offer(dscp(udp(1, 1_000), EF), dscp(udp(2, 1_000), dscp));
        }
        countOfNext(17);
        assertThat(countOfNext(32)).isEqualTo(Map.of(1, 28, 2, 4));
    }

    @Test
    void promptOwesNothingForWhatItSentAlone() {
        for (int i = 0; i < 1_000; i++) {
            offer(dscp(udp(2, 1_000), EF));
            next();
        }
        for (int i = 0; i < 30; i++) {
            offer(udp(1, 1_000), dscp(udp(2, 1_000), EF));
        }
        assertThat(countOfNext(17).get(2)).isEqualTo(17);
    }

    @Test
    void bulkLeavesASixteenthToTheBackground() {
        queue = queue(QueueOptions.of(1 << 20));
        for (int i = 0; i < 200; i++) {
            offer(udp(1, 1_000), dscp(udp(3, 1_000), LE));
        }
        assertThat(countOfNext(17).get(1)).isEqualTo(17);
        Map<Integer, Integer> sent = countOfNext(160);
        assertThat(sent.get(1)).isEqualTo(150);
        assertThat(sent.get(3)).isEqualTo(10);
    }

    @Test
    void theFattestFlowPaysForRoomWithItsOldest() {
        queue = queue(QueueOptions.of(16 * 1024));
        List<Long> dropped = listen(tag -> true);
        for (int i = 1; i <= 9; i++) {
            assertThat(offer(udp(1, 1_400), i)).isTrue();
        }
        assertThat(dropped).isEmpty();
        assertThat(offer(udp(2, 1_400), 20)).isTrue();
        assertThat(dropped).containsExactly(1L);
        assertThat(offer(ack(3), 30)).as("prompt is not locked out").isTrue();
        assertThat(offer(udp(4, 1_400), 40)).isTrue();
        assertThat(dropped).containsExactly(1L, 2L);
        QueueStats.OfClass bulk = queue.stats().of(TrafficClass.BULK);
        assertThat(bulk.droppedByBound()).isEqualTo(2);
        assertThat(bulk.droppedBytes()).isEqualTo(2_800);
        assertThat(bulk.droppedByCodel()).isZero();
        assertThat(drain()).startsWith("3:40").contains("2:1400", "4:1400").hasSize(10);
    }

    @Test
    void theBoundSparesWhatMayNotBeDroppedIfItCan() {
        queue = queue(QueueOptions.of(16 * 1024));
        List<Long> dropped = listen(tag -> tag > 2);
        for (int i = 1; i <= 9; i++) {
            offer(udp(1, 1_400), i);
        }
        offer(udp(2, 1_400), 20);
        assertThat(dropped).containsExactly(3L);
        dropped = listen(tag -> false);
        offer(udp(2, 1_400), 21);
        assertThat(dropped).as("the bound holds").containsExactly(1L);
    }

    @Test
    void smallPacketsAreBoundedInNumberToo() {
        queue = queue(QueueOptions.of(16 * 1024));
        for (int i = 0; i < 1_000; i++) {
            offer(udp(i, 30));
        }
        assertThat(queue.packets()).isEqualTo(16 * 1024 / (30 + EgressQueue.PACKET_OVERHEAD_BYTES));
    }

    @Test
    void aPacketLargerThanTheBoundIsRefused() {
        queue = queue(QueueOptions.of(16 * 1024));
        offer(udp(1, 1_000));
        List<Long> dropped = listen(tag -> true);
        assertThat(offer(udp(2, 16 * 1024), 7)).isFalse();
        assertThat(dropped).as("who offers it knows").isEmpty();
        assertThat(queue.packets()).as("and nobody else pays for it").isEqualTo(1);
        assertThat(queue.stats().dropped()).isEqualTo(1);
    }

    @Test
    void holdsACopySoThatTheReadBufferMayChange() {
        ByteBuf packet = udp(1, 300);
        packet.setByte(100, 7);
        offer(packet);
        packet.setByte(100, 9);
        QueuedPacket queued = requireNonNull(queue.poll(0));
        assertThat(queued.buffer().getByte(100)).isEqualTo((byte) 7);
        ByteBuf copy = queued.buffer();
        queue.release(queued);
        assertThat(copy.refCnt()).isZero();
    }

    @Test
    void takesThePacketFromWhereItLies() {
        ByteBuf packet = dscp(udp(7, 300), EF);
        ByteBuf shifted = UnpooledByteBufAllocator.DEFAULT
                .buffer()
                .writeZero(13)
                .writeBytes(packet.duplicate())
                .writeZero(5);
        shifted.readerIndex(13);
        assertThat(queue.offer(Packets.view(shifted), 13, 300, 7, 99, 0)).isTrue();
        QueuedPacket queued = requireNonNull(queue.poll(0));
        assertThat(queued.buffer()).isEqualTo(packet);
        assertThat(queued.trafficClass()).isEqualTo(TrafficClass.PROMPT);
        assertThat(queued.tag()).isEqualTo(99);
        queue.release(queued);
    }

    @Test
    void clearingEmptiesItWithoutAWord() {
        List<Long> dropped = listen(tag -> true);
        offer(udp(1, 1_000), ack(2), dscp(udp(3, 1_000), LE));
        assertThat(queue.clear()).isEqualTo(3);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.bytes()).isZero();
        assertThat(queue.stats().flows()).isZero();
        assertThat(queue.stats().cleared()).isEqualTo(3);
        assertThat(dropped).isEmpty();
        offer(udp(3, 1_000), udp(1, 100));
        assertThat(drain()).as("and it goes on").containsExactly("1:100", "3:1000");
    }

    @Test
    void refusesAPathThatCannotBe() {
        assertThatThrownBy(() -> new OuterPath(-1, 0, 0, OuterPath.Phase.SETTLED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("deliveryNanos: -1");
        assertThatThrownBy(() -> new QueueOptions(0, true, true, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxBytes: 0");
    }

    @Test
    void withoutAqmEachClassIsAFifoAndWhatFindsNoRoomIsRefused() {
        queue = queue(new QueueOptions(16 * 1024, false, true, List.of()));
        List<Long> dropped = listen(tag -> true);
        offer(udp(2, 1_400), udp(1, 1_400), udp(1, 1_400), udp(2, 1_400), udp(1, 100), udp(3, 100), ack(1));
        offer(dscp(udp(4, 1_000), LE), udp(4, 1_000), udp(4, 100));
        assertThat(drain())
                .containsExactly(
                        "3:100", "1:40", "2:1400", "1:1400", "1:1400", "2:1400", "1:100", "4:1000", "4:1000", "4:100");
        int taken = 0;
        while (offer(udp(1, 1_400), 1)) {
            taken++;
        }
        assertThat(taken).isEqualTo(16 * 1024 / (1_400 + EgressQueue.PACKET_OVERHEAD_BYTES));
        assertThat(offer(udp(2, 1_400), 1)).as("whoever comes last").isFalse();
        assertThat(offer(ack(1), 1)).as("an eighth is for prompt packets").isTrue();
        assertThat(queue.stats().of(TrafficClass.BULK).droppedByBound()).isEqualTo(2);
        assertThat(dropped).isEmpty();
        assertThat(queue.clear()).isEqualTo(taken + 1);
        assertThat(queue.stats().dropped()).isEqualTo(2);
    }

    private interface May {
        boolean drop(long tag);
    }

    /** Marks nothing; answers the tags of what was dropped. */
    private List<Long> listen(May may) {
        List<Long> dropped = new ArrayList<>();
        queue.listen(new QueueListener() {
            @Override
            public boolean mark(QueuedPacket packet) {
                return false;
            }

            @Override
            public boolean mayDrop(QueuedPacket packet) {
                return may.drop(packet.tag());
            }

            @Override
            public void onDropped(QueuedPacket packet) {
                assertThat(packet.buffer().refCnt()).isEqualTo(1);
                dropped.add(packet.tag());
            }
        });
        return dropped;
    }

    private void offer(ByteBuf... packets) {
        for (ByteBuf packet : packets) {
            QueueRig.offer(queue, packet, 0);
        }
    }

    private boolean offer(ByteBuf packet, long tag) {
        return QueueRig.offer(queue, packet, tag, 0);
    }

    private String next() {
        QueuedPacket queued = requireNonNull(queue.poll(0));
        String text = QueueRig.flow(queued) + ":" + queued.length();
        queue.release(queued);
        return text;
    }

    private Map<Integer, Integer> countOfNext(int packets) {
        Map<Integer, Integer> count = new HashMap<>();
        for (int i = 0; i < packets; i++) {
            QueuedPacket queued = requireNonNull(queue.poll(0));
            count.merge(QueueRig.flow(queued), 1, Integer::sum);
            queue.release(queued);
        }
        return count;
    }

    private List<String> drain() {
        List<String> left = new ArrayList<>();
        while (!queue.isEmpty()) {
            left.add(next());
        }
        return left;
    }
}
