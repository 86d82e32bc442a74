package dev.tunbridge.bridge.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.stream.KernelView;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ModelReceiverTest {
    private static final int REMOTE = 0xffff_fff0; // wraps within the first bytes
    private static final int LOCAL = 1_000;
    private static final StreamFacts HANDSHAKE =
            new StreamFacts(OptionalInt.of(REMOTE), OptionalInt.of(LOCAL), 7, 7, false, true);
    private static final StreamFacts WITH_TIMESTAMPS =
            new StreamFacts(OptionalInt.of(REMOTE), OptionalInt.of(LOCAL), 7, 7, true, true);
    private static final StreamFacts NO_HANDSHAKE = new StreamFacts(
            OptionalInt.empty(), OptionalInt.empty(), StreamFacts.UNKNOWN, StreamFacts.UNKNOWN, false, true);

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private final List<Long> missing = new ArrayList<>();
    private ModelReceiver receiver = receiver(HANDSHAKE);
    private long nowNanos;

    private ModelReceiver receiver(StreamFacts facts) {
        return new ModelReceiver(facts, new ModelReceiver.Application() {
            @Override
            public void inOrder(ByteBuf buffer, int index, int length) {
                stream.writeBytes(ByteBufUtil.getBytes(buffer, index, length));
            }

            @Override
            public void missing(long bytes) {
                missing.add(bytes);
            }
        });
    }

    private void incoming(TcpPackets.Builder segment) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(1);
        receiver.incoming(segment.segment(), nowNanos);
    }

    private void outgoing(TcpPackets.Builder segment) {
        nowNanos += TimeUnit.MILLISECONDS.toNanos(1);
        receiver.outgoing(segment.segment(), nowNanos);
    }

    private static TcpPackets.Builder data(int offset, String text) {
        return TcpPackets.fromServer(REMOTE + 1 + offset)
                .ack(LOCAL + 1)
                .payload(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static TcpPackets.Builder ack(int offset) {
        return TcpPackets.fromDevice(LOCAL + 1).ack(REMOTE + 1 + offset);
    }

    private String delivered() {
        return stream.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void anyOrderAndCuttingGivesTheStream() {
        long seed = Seeds.next();
        for (int round = 0; round < 300; round++) {
            Random random = new Random(seed + round);
            byte[] sent = new byte[1 + random.nextInt(5_000)];
            random.nextBytes(sent);
            stream.reset();
            receiver = receiver(HANDSHAKE);
            for (int[] range : cut(sent.length, random)) {
                incoming(TcpPackets.fromServer(REMOTE + 1 + range[0])
                        .ack(LOCAL + 1)
                        .payload(Arrays.copyOfRange(sent, range[0], range[1])));
            }
            assertThat(stream.toByteArray()).as("seed %d round %d", seed, round).isEqualTo(sent);
            assertThat(receiver.report().differentBytes()).isZero();
            assertThat(receiver.report().refused()).isEmpty();
            assertThat(receiver.holes().neverFilled()).isZero();
            assertThat(receiver.holes().durations().count())
                    .isEqualTo(receiver.holes().count());
        }
    }

    /** Ranges that cover everything, overlap, come twice and in disorder. */
    private static List<int[]> cut(int length, Random random) {
        List<int[]> ranges = new ArrayList<>();
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + 1 + random.nextInt(600));
            ranges.add(new int[] {Math.max(0, at - random.nextInt(300)), end});
            if (random.nextInt(4) == 0) {
                ranges.add(ranges.get(random.nextInt(ranges.size())));
            }
            at = end;
        }
        if (random.nextBoolean()) {
            Collections.shuffle(ranges, random);
        } else {
            Collections.swap(ranges, random.nextInt(ranges.size()), random.nextInt(ranges.size()));
        }
        return ranges;
    }

    /** The rule of Linux, once more and slowly: of segments that overlap, the bytes of the one that begins first. */
    @Test
    void ofBytesThatDifferTakesThoseThatLinuxTakes() {
        long seed = Seeds.next();
        for (int round = 0; round < 300; round++) {
            Random random = new Random(seed + round);
            List<byte[]> queued = new ArrayList<>();
            List<Integer> starts = new ArrayList<>();
            stream.reset();
            receiver = receiver(HANDSHAKE);
            for (int i = 0; i < 12; i++) {
                int start = 1 + random.nextInt(60);
                byte[] payload = new byte[1 + random.nextInt(30)];
                Arrays.fill(payload, (byte) ('a' + i));
                incoming(
                        TcpPackets.fromServer(REMOTE + 1 + start).ack(LOCAL + 1).payload(payload));
                queue(queued, starts, start, payload);
            }
            incoming(data(0, "!"));
            assertThat(stream.toByteArray()).as("seed %d round %d", seed, round).isEqualTo(read(queued, starts));
        }
    }

    private static void queue(List<byte[]> queued, List<Integer> starts, int start, byte[] payload) {
        int end = start + payload.length;
        for (int i = 0; i < queued.size(); i++) {
            if (starts.get(i) <= start && end <= starts.get(i) + queued.get(i).length) {
                return;
            }
        }
        for (int i = queued.size() - 1; i >= 0; i--) {
            if (start <= starts.get(i) && starts.get(i) + queued.get(i).length <= end) {
                queued.remove(i);
                starts.remove(i);
            }
        }
        queued.add(payload);
        starts.add(start);
    }

    private static byte[] read(List<byte[]> queued, List<Integer> starts) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        read.write('!');
        for (int at = 1; ; at++) {
            int owner = -1;
            for (int i = 0; i < queued.size(); i++) {
                boolean covers = starts.get(i) <= at && at < starts.get(i) + queued.get(i).length;
                if (covers && (owner < 0 || starts.get(i) < starts.get(owner))) {
                    owner = i;
                }
            }
            if (owner < 0) {
                return read.toByteArray();
            }
            read.write(queued.get(owner)[0]);
        }
    }

    @Test
    void whatComesInOrderWinsOverWhatWasQueued() {
        incoming(data(2, "cdef"));
        incoming(data(0, "abCD"));
        assertThat(delivered()).isEqualTo("abCDef");
        assertThat(receiver.report().differentBytes()).isEqualTo(2);
        assertThat(receiver.report().repeatedBytes()).isZero();
    }

    @Test
    void holesAreCountedMeasuredAndTimed() {
        incoming(data(10, "k")); // 0–9 missing, at 1 ms
        incoming(data(13, "n")); // 11–12 missing, at 2 ms
        incoming(data(5, "f")); // splits the first, and is none of its own
        assertThat(receiver.holes().count()).isEqualTo(2);
        incoming(data(11, "lm")); // the second is filled at 4 ms
        assertThat(receiver.holes().durations().count()).isEqualTo(1);
        assertThat(receiver.holes().durations().maxNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(2));
        incoming(data(0, "abcde"));
        incoming(data(6, "ghij")); // the first at 6 ms
        HoleReport holes = receiver.holes();
        assertThat(delivered()).isEqualTo("abcdefghijklmn");
        assertThat(holes.count()).isEqualTo(2);
        assertThat(holes.bytes()).isEqualTo(12);
        assertThat(holes.largestBytes()).isEqualTo(10);
        assertThat(holes.neverFilled()).isZero();
        assertThat(holes.durations().maxNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(5));
    }

    @Test
    void refusesWhatAKernelRefuses() {
        receiver = receiver(WITH_TIMESTAMPS);
        outgoing(ack(0).window(1)); // 128 bytes with the scale of 7
        incoming(data(0, "a").timestamps(100, 0));
        outgoing(ack(1).window(1)); // up to 129
        incoming(data(1, "X").timestamps(98, 0)); // older by two
        incoming(data(1, "b").timestamps(99, 0)); // by one: TCP_PAWS_WINDOW
        incoming(data(129, "X").timestamps(100, 0));
        incoming(data(2, "X").flags(TcpView.SYN).timestamps(100, 0));
        incoming(TcpPackets.fromServer(REMOTE + 3).timestamps(100, 0).payload(new byte[] {'X'}));
        incoming(TcpPackets.fromServer(REMOTE + 3)
                .ack(LOCAL + 1 + 100_000)
                .timestamps(100, 0)
                .payload(new byte[] {'X'}));
        incoming(TcpPackets.fromServer(REMOTE + 4).flags(TcpView.RST).payload(new byte[] {'X'}));
        byte[] spoiled = data(2, "X").timestamps(100, 0).bytes();
        spoiled[spoiled.length - 1]++;
        receiver.incoming(TcpPackets.segment(spoiled), nowNanos);
        incoming(data(2, "c").timestamps(100, 0));
        assertThat(delivered()).isEqualTo("abc");
        assertThat(receiver.report().refused())
                .containsOnlyKeys(
                        KernelRefusal.OLD_TIMESTAMP,
                        KernelRefusal.BEYOND_WINDOW,
                        KernelRefusal.SYN,
                        KernelRefusal.NO_ACKNOWLEDGEMENT,
                        KernelRefusal.ACKNOWLEDGES_UNSENT,
                        KernelRefusal.RESET,
                        KernelRefusal.CHECKSUM)
                .allSatisfy(
                        (reason, count) -> assertThat(count).as("%s", reason).isEqualTo(1));
    }

    @Test
    void anAncientAcknowledgementIsRefused() {
        for (int i = 0; i < 4; i++) {
            outgoing(TcpPackets.fromDevice(LOCAL + 1 + i * 50_000)
                    .ack(REMOTE + 1)
                    .payload(new byte[50_000]));
        }
        incoming(TcpPackets.fromServer(REMOTE + 1)
                .ack(LOCAL + 1 + 200_000)
                .window(10)
                .payload(new byte[] {'a'}));
        assertThat(receiver.ackedOffset()).isEqualTo(200_000);
        assertThat(receiver.sentOffset()).isEqualTo(200_000);
        incoming(TcpPackets.fromServer(REMOTE + 2)
                .ack(LOCAL + 1 + 198_000)
                .window(10)
                .payload(new byte[] {'X'}));
        incoming(TcpPackets.fromServer(REMOTE + 2)
                .ack(LOCAL + 1 + 199_000)
                .window(10)
                .payload(new byte[] {'b'}));
        assertThat(delivered()).isEqualTo("ab");
        assertThat(receiver.report().refused()).containsOnlyKeys(KernelRefusal.OLD_ACKNOWLEDGEMENT);
    }

    @Test
    void aResetInOrderEndsTheStreamAndAFinDoesToo() {
        incoming(data(0, "a"));
        incoming(TcpPackets.fromServer(REMOTE + 2).flags(TcpView.RST));
        incoming(data(1, "X"));
        assertThat(delivered()).isEqualTo("a");
        stream.reset();
        receiver = receiver(HANDSHAKE);
        incoming(data(1, "b").flags(TcpView.FIN));
        incoming(data(0, "a"));
        outgoing(ack(3)); // the FIN counts one
        incoming(data(2, "X"));
        receiver.end();
        assertThat(delivered()).isEqualTo("ab");
        assertThat(receiver.report().missingBytes()).isZero();
        assertThat(receiver.report().refused()).containsOnlyKeys(KernelRefusal.AFTER_END);
    }

    @Test
    void whatTheReceiverAcknowledgesAndTheFileLacksIsPassedOver() {
        incoming(data(0, "ab"));
        incoming(data(5, "fg")); // the capture has lost "cde"
        outgoing(ack(7));
        assertThat(delivered())
                .as("the missing segment may lie a little further on")
                .isEqualTo("ab");
        incoming(data(7, "h"));
        nowNanos += TimeUnit.MILLISECONDS.toNanos(5);
        outgoing(ack(8));
        assertThat(delivered()).isEqualTo("abfgh");
        assertThat(missing).containsExactly(3L);
        assertThat(receiver.report().missingBytes()).isEqualTo(3);
        assertThat(receiver.report().deliveredBytes()).isEqualTo(5);
        assertThat(receiver.holes().untimed()).isEqualTo(1);
    }

    @Test
    void anAcknowledgementShortlyBeforeItsSegmentIsDisorderOfTheFile() {
        incoming(data(2, "cd"));
        outgoing(ack(4));
        incoming(data(0, "ab"));
        nowNanos += TimeUnit.SECONDS.toNanos(1);
        outgoing(ack(4));
        assertThat(delivered()).isEqualTo("abcd");
        assertThat(missing).isEmpty();
    }

    @Test
    void aRefusedSegmentThatTheReceiverAcknowledgesIsTakenOnItsWord() {
        incoming(data(0, "ab"));
        byte[] spoiled = data(2, "cde").bytes();
        spoiled[spoiled.length - 1] = 'E';
        receiver.incoming(TcpPackets.segment(spoiled), nowNanos);
        outgoing(ack(2));
        incoming(data(7, "hi"));
        nowNanos += TimeUnit.SECONDS.toNanos(1);
        outgoing(ack(2));
        assertThat(delivered())
                .as("without a word of the receiver it stays refused")
                .isEqualTo("ab");
        outgoing(ack(9));
        nowNanos += TimeUnit.MILLISECONDS.toNanos(5);
        outgoing(ack(9));
        assertThat(delivered()).isEqualTo("abcdEhi");
        assertThat(missing).containsExactly(2L);
        assertThat(receiver.report().doubtfulBytes()).isEqualTo(3);
    }

    @Test
    void aSegmentBehindBytesThatOnlyTheReceiverHasGoesOn() {
        incoming(data(0, "ab"));
        outgoing(ack(10));
        nowNanos += TimeUnit.MILLISECONDS.toNanos(5);
        incoming(data(12, "mn"));
        assertThat(missing).containsExactly(8L);
        assertThat(delivered()).isEqualTo("ab");
        incoming(data(10, "kl"));
        assertThat(delivered()).isEqualTo("abklmn");
    }

    @Test
    void atTheEndOfTheFileTheEvidenceCounts() {
        incoming(data(2, "cd"));
        outgoing(ack(4));
        receiver.end();
        assertThat(delivered()).isEqualTo("cd");
        assertThat(missing).containsExactly(2L);
    }

    @Test
    void whatStillWaitsAtTheEndOfTheFileComesForThoseWhoReadTheFile() {
        incoming(data(0, "abc"));
        incoming(data(5, "fg"));
        incoming(data(9, "jk"));
        receiver.end();
        assertThat(delivered()).isEqualTo("abc");
        receiver.handOverWaiting();
        assertThat(delivered()).isEqualTo("abcfgjk");
        assertThat(missing).containsExactly(2L, 2L);
    }

    @Test
    void aFileOfOneDirectionStaysWithinItsBound() {
        byte[] kilobyte = new byte[1_000];
        int segments = OutOfOrderQueue.MOST_BYTES / kilobyte.length + 1_000;
        for (int i = 0; i < segments; i++) { // the first byte never comes
            receiver.incoming(
                    TcpPackets.fromServer(REMOTE + 2 + i * kilobyte.length)
                            .ack(LOCAL + 1)
                            .payload(kilobyte)
                            .segment(),
                    i);
            assertThat(receiver.waitingBytes()).isLessThanOrEqualTo(OutOfOrderQueue.MOST_BYTES);
        }
        assertThat(missing).containsExactly(1L);
        assertThat(stream.size()).isEqualTo(segments * kilobyte.length);
    }

    @Test
    void dataInASynIsTakenOnlyIfItIsAcknowledged() {
        TcpPackets.Builder syn =
                TcpPackets.fromServer(REMOTE).flags(TcpView.SYN).payload("fast".getBytes(StandardCharsets.US_ASCII));
        incoming(syn);
        outgoing(TcpPackets.fromDevice(LOCAL).flags(TcpView.SYN).ack(REMOTE + 1 + 4));
        incoming(data(4, "er"));
        assertThat(delivered()).isEqualTo("faster");
        stream.reset();
        receiver = receiver(HANDSHAKE);
        incoming(syn);
        outgoing(TcpPackets.fromDevice(LOCAL).flags(TcpView.SYN).ack(REMOTE + 1));
        incoming(data(0, "slow"));
        assertThat(delivered()).isEqualTo("slow");
    }

    @Test
    void withoutAHandshakeTheStreamBeginsWithTheFirstPacket() {
        receiver = receiver(NO_HANDSHAKE);
        outgoing(ack(100));
        incoming(data(98, "XX"));
        incoming(data(100, "ab"));
        assertThat(delivered()).isEqualTo("ab");
        assertThat(receiver.knowsBeginning()).isFalse();
        assertThat(receiver.sentOffset()).isEqualTo(KernelView.UNKNOWN);
        assertThat(receiver.ackedOffset()).isEqualTo(KernelView.UNKNOWN);
        assertThat(receiver.receiveWindowBytes()).as("the scale is not known").isEqualTo(KernelView.UNKNOWN);
    }

    @Test
    void theViewTellsWhatTheFileShows() {
        assertThat(receiver.receiveWindowBytes()).isEqualTo(KernelView.UNKNOWN);
        outgoing(TcpPackets.fromDevice(LOCAL).flags(TcpView.SYN).window(1_000));
        outgoing(ack(0).window(10).payload(new byte[300]));
        incoming(TcpPackets.fromServer(REMOTE + 1).ack(LOCAL + 1 + 200).payload(new byte[30]));
        assertThat(receiver.sentOffset()).isEqualTo(300);
        assertThat(receiver.ackedOffset()).isEqualTo(200);
        assertThat(receiver.receiveWindowBytes()).isEqualTo(10 * 128 - 30);
    }

    @Test
    void acknowledgementsOfHolesThatTheFileHasNotTellThatItWasTakenElsewhere() {
        incoming(data(0, "abcdef"));
        outgoing(ack(2).sack(REMOTE + 1 + 4, REMOTE + 1 + 6));
        outgoing(ack(6).sack(REMOTE + 1 + 2, REMOTE + 1 + 4)); // DSACK (RFC 2883): nothing is missing
        incoming(data(8, "ij"));
        outgoing(ack(6).sack(REMOTE + 1 + 8, REMOTE + 1 + 10));
        assertThat(receiver.report().unseenHoles()).isEqualTo(1);
        assertThat(receiver.report().acknowledgements()).isEqualTo(3);
    }
}
