package dev.tunbridge.bridge.queue;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A queue under load from flows of all sorts, served packet by packet: what each of them gets. */
class EgressQueueFairnessTest {
    private static final int FLOWS = 8;
    private static final int EF = 46;

    private final EgressQueue queue = new EgressQueue(UnpooledByteBufAllocator.DEFAULT, QueueOptions.of(512 * 1024));

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void flowsThatAlwaysHaveSomethingGetTheSameBytesWhateverTheirPacketsAre(long seed) {
        Random random = new Random(seed);
        long[] sent = new long[FLOWS];
        // Each flow has its own range of sizes and keeps some packets waiting.
        int[] least = new int[FLOWS];
        for (int flow = 0; flow < FLOWS; flow++) {
            least[flow] = 300 + flow * 150;
            for (int i = 0; i < 12; i++) {
                offer(flow, least[flow] + random.nextInt(150));
            }
        }
        for (int i = 0; i < 40_000; i++) {
            int flow = pollOne(sent);
            offer(flow, least[flow] + random.nextInt(150));
        }
        long total = 0;
        for (long bytes : sent) {
            total += bytes;
        }
        for (long bytes : sent) {
            // Unfair by no more than two quanta, however long it takes.
            assertThat(bytes)
                    .as("seed %d", seed)
                    .isBetween(
                            total / FLOWS - 2 * FairQueueing.LEAST_QUANTUM_BYTES,
                            total / FLOWS + 2 * FairQueueing.LEAST_QUANTUM_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void aThinFlowLosesNothingAndHardlyWaitsBesideAFatOne(long seed) {
        Random random = new Random(seed);
        long thinSent = 0;
        long thinOffered = 0;
        int longest = 0;
        int waited = 0;
        boolean isThinWaiting = false;
        for (int i = 0; i < 40_000; i++) {
            // The fat flow offers two packets for each one that leaves: all the loss is its own.
            offer(1, 1_400);
            offer(1, 1_400);
            if (!isThinWaiting && random.nextInt(10) == 0) {
                offer(2, 1_000);
                thinOffered++;
                isThinWaiting = true;
                waited = 0;
            }
            QueuedPacket packet = requireNonNull(queue.poll(0));
            waited++;
            if (QueueRig.flow(packet) == 2) {
                thinSent++;
                isThinWaiting = false;
                longest = Math.max(longest, waited);
            }
            queue.release(packet);
        }
        assertThat(thinOffered - thinSent).as("seed %d", seed).isBetween(0L, 1L);
        assertThat(longest).as("seed %d: in packets", seed).isLessThanOrEqualTo(3);
        assertThat(queue.stats().dropped()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33})
    void aPromptPacketWaitsForNoMoreThanOneOfBulkAndBulkIsNeverStarved(long seed) {
        Random random = new Random(seed);
        int bulkWaits = 0;
        int longestOfBulk = 0;
        boolean isVoiceWaiting = false;
        int voiceWaits = 0;
        int longestOfVoice = 0;
        for (int i = 0; i < 40_000; i++) {
            for (int flow = 0; flow < 3; flow++) {
                offer(10 + flow, 1_400);
            }
            // In the second half urgent packets alone would fill the link.
            if (i >= 20_000) {
                QueueRig.offer(queue, QueueRig.dscp(QueueRig.udp(5, 1_000), EF), 0);
                QueueRig.offer(queue, QueueRig.dscp(QueueRig.udp(5, 1_000), EF), 0);
            }
            if (!isVoiceWaiting && random.nextInt(8) == 0) {
                offer(2, 200);
                isVoiceWaiting = true;
                voiceWaits = 0;
            }
            QueuedPacket packet = requireNonNull(queue.poll(0));
            voiceWaits++;
            if (QueueRig.flow(packet) == 2) {
                isVoiceWaiting = false;
                longestOfVoice = Math.max(longestOfVoice, voiceWaits);
            }
            if (QueueRig.flow(packet) >= 10) {
                longestOfBulk = Math.max(longestOfBulk, bulkWaits);
                bulkWaits = 0;
            } else {
                bulkWaits += packet.length();
            }
            queue.release(packet);
        }
        // One of bulk because of its share, two of a prompt flow whose turn it is.
        assertThat(longestOfVoice).as("seed %d: in packets", seed).isBetween(1, 4);
        assertThat(longestOfBulk)
                .as("seed %d: bytes of a burst of prompt packets", seed)
                .isBetween(16 * 1024, 16 * 1024 + 1_000);
    }

    @AfterEach
    void release() {
        queue.clear();
    }

    private void offer(int flow, int length) {
        QueueRig.offer(queue, QueueRig.udp(flow, length), 0);
    }

    private int pollOne(long[] sent) {
        QueuedPacket packet = requireNonNull(queue.poll(0));
        int flow = QueueRig.flow(packet);
        sent[flow] += packet.length();
        queue.release(packet);
        return flow;
    }
}
