package dev.tunbridge.reassembly.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.FourTuple;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.Ipv4Header;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule on a segment that is right in everything else. */
class SegmentValidatorTest {
    private static final int REACH = 4 << 20;
    private static final int TCP_AT = Ipv4Header.BYTES;
    private static final byte[] BYTES = {1, 2, 3, 4, 5, 6, 7, 8};
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    /** The clocks of {@link Segments}, as the SYN-ACK tells them. */
    private static final int SERVER_CLOCK = 1_000_000;

    private static final int OUR_CLOCK = 5_000_000;

    /** Rules that the kernel does not have: it takes the segment. */
    private static final Set<Rejection> STRICTER_THAN_LINUX = EnumSet.of(
            Rejection.URG,
            Rejection.FIN,
            Rejection.INTERFACE,
            Rejection.TIMESTAMP_MISSING,
            Rejection.TIMESTAMP_FUTURE,
            Rejection.TIMESTAMP_ECHO);

    private final Kernel kernel = new Kernel();
    private final Segments segments = new Segments(Segments.version4(), 0xffff_f000, 77_000);
    private final SegmentValidator validator = validator(Segments.version4());
    private long position;

    /** Says what a test wants, but only what was so at the last refresh. */
    private static final class Kernel implements KernelView {
        long acked = UNKNOWN;
        long sent = UNKNOWN;
        long window = UNKNOWN;
        long unread = UNKNOWN;
        private long[] seen = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};

        @Override
        public void refresh() {
            seen = new long[] {acked, sent, window, unread};
        }

        @Override
        public long ackedOffset() {
            return seen[0];
        }

        @Override
        public long sentOffset() {
            return seen[1];
        }

        @Override
        public long receiveWindowBytes() {
            return seen[2];
        }

        @Override
        public long unreadBytes() {
            return seen[3];
        }
    }

    private SegmentValidator validator(FourTuple path) {
        return new SegmentValidator(path, kernel, false, 0);
    }

    private @Nullable Rejection judge(CapturedSegment segment) {
        return validator.judge(segment, position, REACH);
    }

    /** The connection is there: 20 ms old, 1,000 bytes read, 300 sent of which 200 are acknowledged. */
    private void connect() {
        assertThat(judge(segments.at(10 * MILLI).stamps(SERVER_CLOCK, OUR_CLOCK).synAck()))
                .isNull();
        position = 1_000;
        kernel.acked = 200;
        kernel.sent = 300;
        kernel.refresh();
        segments.at(20 * MILLI).stamps(SERVER_CLOCK + 10, OUR_CLOCK + 10).acknowledging(250);
    }

    @ParameterizedTest
    @EnumSource(value = Rejection.class, mode = EnumSource.Mode.EXCLUDE, names = "AMBIGUOUS_HANDSHAKE")
    void rejectsWhatBreaksOneRuleAndNothingElse(Rejection reason) {
        if (reason != Rejection.NO_HANDSHAKE) {
            connect();
            assertThat(judge(segments.data(1_000, BYTES))).as("a right one").isNull();
        }
        assertThat(judge(broken(reason))).isEqualTo(reason);
        assertThat(validator.isTakenByKernel())
                .as("a rule that the kernel does not have")
                .isEqualTo(STRICTER_THAN_LINUX.contains(reason));
        assertThat(judge(segments.data(1_000, BYTES)))
                .as("the next right one")
                .isEqualTo(reason == Rejection.NO_HANDSHAKE ? Rejection.NO_HANDSHAKE : null);
    }

    private CapturedSegment broken(Rejection reason) {
        CapturedSegment right = segments.data(1_000, BYTES);
        ByteBuf packet = right.buffer();
        return switch (reason) {
            case TRUNCATED -> right.wrap(packet, 0, right.length(), right.length() + 1, right.timeNanos());
            case IP_HEADER -> right.wrap(packet.setByte(0, 0x55), 0, right.length(), right.length(), 20 * MILLI);
            case IP_OPTIONS -> withIpOption(packet);
            case FRAGMENT -> withIpWord(packet, 6, 0x2000);
            case IP_CHECKSUM -> segments.captured(packet.setShort(10, packet.getShort(10) ^ 0x0100));
            case ADDRESS -> segments.captured(withTcpPort(packet));
            case INTERFACE -> right.mark(Segments.INTERFACE + 1, false, false);
            case TCP_HEADER -> withTcpByte(packet, TcpView.DATA_OFFSET_AT, 0x40);
            case TCP_CHECKSUM -> segments.captured(packet.setByte(packet.writerIndex() - 1, 99));
            case NO_HANDSHAKE -> right;
            case AMBIGUOUS_HANDSHAKE -> throw new AssertionError("has a test of its own");
            case NO_ACK -> segments.packet(1_000, TcpView.PSH, BYTES);
            case SYN -> segments.packet(1_000, TcpView.SYN | TcpView.ACK);
            case RST -> segments.packet(1_000, TcpView.RST | TcpView.ACK);
            case URG -> segments.packet(1_000, TcpView.URG | TcpView.ACK, BYTES);
            case FIN -> segments.packet(1_000, TcpView.FIN | TcpView.ACK, BYTES);
            case WINDOW -> segments.data(1_000L + REACH - BYTES.length + 1, BYTES);
            case ACK_NOT_SENT -> segmentAcknowledging(301);
            case ACK_ANCIENT -> {
                kernel.acked = 100_000;
                kernel.sent = 100_000;
                kernel.refresh();
                segments.acknowledging(100_000);
                yield segmentAcknowledging(100_000 - 65_536 - 1);
            }
            case TIMESTAMP_MISSING ->
                new Segments(segments.path(), 0xffff_f000, 77_000)
                        .withoutTimestamps()
                        .acknowledging(250)
                        .at(20 * MILLI)
                        .data(1_000, BYTES);
            case TIMESTAMP_OLD -> segmentStamped(SERVER_CLOCK + 9, OUR_CLOCK + 10);
            case TIMESTAMP_FUTURE -> segmentStamped(SERVER_CLOCK + 10 + 2_001, OUR_CLOCK + 10);
            case TIMESTAMP_ECHO -> segmentStamped(SERVER_CLOCK + 10, OUR_CLOCK + 9);
        };
    }

    private CapturedSegment segmentAcknowledging(long offset) {
        return new Segments(segments.path(), 0xffff_f000, 77_000)
                .stamps(SERVER_CLOCK + 10, OUR_CLOCK + 10)
                .at(20 * MILLI)
                .acknowledging(offset)
                .data(1_000, BYTES);
    }

    private CapturedSegment segmentStamped(int timestamp, int echo) {
        return new Segments(segments.path(), 0xffff_f000, 77_000)
                .stamps(timestamp, echo)
                .at(20 * MILLI)
                .acknowledging(250)
                .data(1_000, BYTES);
    }

    private CapturedSegment withIpOption(ByteBuf packet) {
        ByteBuf longer = Unpooled.buffer();
        longer.writeBytes(packet, 0, TCP_AT)
                .writeInt(0x01010100)
                .writeBytes(packet, TCP_AT, packet.writerIndex() - TCP_AT);
        longer.setByte(0, 0x46).setShort(2, longer.writerIndex());
        Ipv4Header.finish(longer, 0, TCP_AT + 4);
        return segments.captured(longer);
    }

    private CapturedSegment withIpWord(ByteBuf packet, int at, int value) {
        packet.setShort(at, value);
        Ipv4Header.finish(packet, 0, TCP_AT);
        return segments.captured(packet);
    }

    private ByteBuf withTcpPort(ByteBuf packet) {
        packet.setShort(TCP_AT, 7_001);
        segments.finishTcp(packet, TCP_AT);
        return packet;
    }

    private CapturedSegment withTcpByte(ByteBuf packet, int at, int value) {
        packet.setByte(TCP_AT + at, value);
        segments.finishTcp(packet, TCP_AT);
        return segments.captured(packet);
    }

    @Test
    void aSecondSynAckWithOtherNumbersMakesBothDoubtful() {
        assertThat(judge(segments.synAck())).isNull();
        assertThat(judge(segments.synAck())).as("sent again").isNull();
        Segments other = new Segments(segments.path(), 12_345, 77_000).stamps(SERVER_CLOCK, OUR_CLOCK);
        assertThat(judge(other.synAck())).isEqualTo(Rejection.AMBIGUOUS_HANDSHAKE);
        assertThat(validator.isAmbiguous()).isTrue();
        assertThat(judge(segments.data(0, BYTES))).isEqualTo(Rejection.AMBIGUOUS_HANDSHAKE);
        assertThat(judge(other.data(0, BYTES))).isEqualTo(Rejection.AMBIGUOUS_HANDSHAKE);
    }

    @Test
    void aForgedSynAckAfterDataChangesNothing() {
        connect();
        assertThat(judge(segments.data(1_000, BYTES))).isNull();
        Segments other = new Segments(segments.path(), 12_345, 77_000);
        assertThat(judge(other.synAck())).isEqualTo(Rejection.SYN);
        assertThat(judge(segments.data(1_008, BYTES))).isNull();
    }

    @Test
    void aSynAckWithDataTellsNothing() {
        assertThat(judge(segments.packet(-1, TcpView.SYN | TcpView.ACK, BYTES))).isEqualTo(Rejection.SYN);
        assertThat(validator.handshake()).isNull();
        assertThat(judge(segments.packet(-1, TcpView.SYN))).isEqualTo(Rejection.SYN);
    }

    @Test
    void saysWhatTheConnectionHasNegotiated() {
        connect();
        Handshake handshake = Objects.requireNonNull(validator.handshake());
        assertThat(handshake.hasSack()).isTrue();
        assertThat(handshake.hasTimestamps()).isTrue();
        assertThat(handshake.windowScale()).isEqualTo(7);
        assertThat(handshake.maximumSegmentSize()).isEqualTo(1_460);
        assertThat(handshake.initialSequenceNumber()).isEqualTo(0xffff_f000);
    }

    @Test
    void everyFieldOfTheFourTupleCounts() {
        connect();
        CapturedSegment right = segments.data(1_000, BYTES);
        int[] words = {12, 14, 16, 18}; // two addresses, two words each
        for (int word : words) {
            ByteBuf packet = right.buffer().copy();
            packet.setShort(word, packet.getUnsignedShort(word) ^ 1);
            Ipv4Header.finish(packet, 0, TCP_AT);
            segments.finishTcp(packet, TCP_AT);
            assertThat(judge(segments.captured(packet)))
                    .as("address word %d", word)
                    .isEqualTo(Rejection.ADDRESS);
        }
        for (int port : new int[] {0, 2}) {
            ByteBuf packet = right.buffer().copy();
            packet.setShort(TCP_AT + port, 9);
            segments.finishTcp(packet, TCP_AT);
            assertThat(judge(segments.captured(packet))).as("port at %d", port).isEqualTo(Rejection.ADDRESS);
        }
        ByteBuf udp = right.buffer().copy();
        udp.setByte(9, 17);
        Ipv4Header.finish(udp, 0, TCP_AT);
        assertThat(judge(segments.captured(udp))).isEqualTo(Rejection.ADDRESS);
        assertThat(judge(new Segments(Segments.version6(), 0xffff_f000, 77_000).data(1_000, BYTES)))
                .as("another family")
                .isEqualTo(Rejection.ADDRESS);
    }

    @Test
    void version6HasItsOwnRules() {
        Segments six = new Segments(Segments.version6(), 1, 1).at(10 * MILLI);
        SegmentValidator validator = validator(Segments.version6());
        assertThat(validator.judge(six.synAck(), 0, REACH)).isNull();
        assertThat(validator.judge(six.data(0, BYTES), 0, REACH)).isNull();
        assertThat(validator.payloadLength()).isEqualTo(BYTES.length);
        ByteBuf right = six.data(0, BYTES).buffer();
        ByteBuf longer = Unpooled.buffer();
        longer.writeBytes(right, 0, 40)
                .writeInt(0x0600_0104)
                .writeInt(0)
                .writeBytes(right, 40, right.writerIndex() - 40);
        longer.setByte(6, 60).setShort(4, longer.writerIndex() - 40);
        assertThat(validator.judge(six.captured(longer), 0, REACH)).isEqualTo(Rejection.IP_OPTIONS);
    }

    @Test
    void takesAnUnfinishedChecksumOnlyWithTheKernelsMark() {
        connect();
        CapturedSegment right = segments.data(1_000, BYTES);
        ByteBuf packet = right.buffer();
        int pseudo = InternetChecksum.fold(segments.pseudoHeader(packet, packet.writerIndex() - TCP_AT));
        packet.setShort(TCP_AT + TcpView.CHECKSUM_AT, pseudo);
        assertThat(judge(segments.captured(packet))).as("from the wire").isEqualTo(Rejection.TCP_CHECKSUM);
        assertThat(judge(segments.captured(packet).mark(Segments.INTERFACE, false, true)))
                .isNull();
        packet.setShort(TCP_AT + TcpView.CHECKSUM_AT, pseudo + 1);
        assertThat(judge(segments.captured(packet).mark(Segments.INTERFACE, false, true)))
                .as("a mark is no pass")
                .isEqualTo(Rejection.TCP_CHECKSUM);
        segments.finishTcp(packet, TCP_AT);
        assertThat(judge(segments.captured(packet).mark(Segments.INTERFACE, false, true)))
                .as("finished, although the kernel says it is not")
                .isEqualTo(Rejection.TCP_CHECKSUM);
    }

    @Test
    void aFileMayHoldUnfinishedChecksumsWithoutAMark() {
        SegmentValidator ofFile = new SegmentValidator(segments.path(), kernel, true, 0);
        assertThat(ofFile.judge(segments.synAck(), 0, REACH)).isNull();
        ByteBuf packet = segments.data(0, BYTES).buffer();
        packet.setShort(
                TCP_AT + TcpView.CHECKSUM_AT,
                InternetChecksum.fold(segments.pseudoHeader(packet, packet.writerIndex() - TCP_AT)));
        assertThat(ofFile.judge(segments.captured(packet), 0, REACH)).isNull();
        packet.setByte(packet.writerIndex() - 1, 0);
        segments.finishTcp(packet, TCP_AT);
        assertThat(ofFile.judge(segments.captured(packet), 0, REACH))
                .as("finished")
                .isNull();
        packet.setByte(packet.writerIndex() - 1, 1);
        assertThat(ofFile.judge(segments.captured(packet), 0, REACH)).isEqualTo(Rejection.TCP_CHECKSUM);
    }

    @Test
    void theWindowEndsWhereTheKernelSays() {
        connect();
        kernel.window = 5_000;
        kernel.unread = 500;
        assertThat(judge(segments.data(6_492, BYTES)))
                .as("whole within 1,000 + 500 + 5,000")
                .isNull();
        assertThat(judge(segments.data(6_493, BYTES))).isEqualTo(Rejection.WINDOW);
        kernel.window = 5_001;
        assertThat(judge(segments.data(6_493, BYTES)))
                .as("asks again before it rejects")
                .isNull();
    }

    @Test
    void theWindowBeginsAWhileBelowTheKernelLane() {
        connect();
        position = 200_000;
        assertThat(judge(segments.data(200_000 - 65_536 - BYTES.length + 1, BYTES)))
                .isNull();
        assertThat(judge(segments.data(200_000 - 65_536 - BYTES.length, BYTES))).isEqualTo(Rejection.WINDOW);
        assertThat(judge(segments.data(200_000 - 65_536)))
                .as("a pure acknowledgement")
                .isNull();
        assertThat(judge(segments.data(200_000 - 65_536 - 1))).isEqualTo(Rejection.WINDOW);
    }

    @Test
    void asksWhatWasSentBeforeItRejectsAnAcknowledgement() {
        connect();
        kernel.sent = 400;
        assertThat(judge(segmentAcknowledging(400))).isNull();
        assertThat(judge(segmentAcknowledging(401))).isEqualTo(Rejection.ACK_NOT_SENT);
    }

    @Test
    void acknowledgementsOfBeforeTheConnectionAreAncient() {
        connect();
        assertThat(judge(segmentAcknowledging(0))).isNull();
        assertThat(judge(segmentAcknowledging(-1))).isEqualTo(Rejection.ACK_ANCIENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff})
    void placesSegmentsWhereverTheNumbersBegin(int initial) {
        Segments wrapping = new Segments(segments.path(), initial, initial).withoutTimestamps();
        SegmentValidator validator = validator(segments.path());
        assertThat(validator.judge(wrapping.synAck(), 0, REACH)).isNull();
        Random random = new Random(initial);
        for (long offset = 0; offset < 20L << 30; offset += 1 + (random.nextLong() & 0xfff_ffff)) {
            long start = Math.max(0, offset - 65_536 + random.nextInt(REACH));
            long acked = offset / 3;
            kernel.acked = acked;
            kernel.sent = acked + 1_000_000;
            kernel.refresh();
            wrapping.acknowledging(Math.max(0, acked - 65_536) + random.nextInt(1_000_000));
            assertThat(validator.judge(wrapping.data(start, BYTES), offset, REACH))
                    .isNull();
            assertThat(validator.startOffset()).isEqualTo(start);
        }
    }

    @Test
    void tellsWhereThePayloadLies() {
        connect();
        CapturedSegment segment = segments.data(1_000, BYTES);
        assertThat(judge(segment)).isNull();
        assertThat(validator.startOffset()).isEqualTo(1_000);
        assertThat(validator.payloadLength()).isEqualTo(BYTES.length);
        assertThat(segment.buffer().getByte(validator.payloadIndex())).isEqualTo(BYTES[0]);
    }

    @Test
    void onlyWhatReachesTheKernelLaneMovesTheClock() {
        connect();
        segments.at(120 * MILLI);
        assertThat(judge(segments.stamps(SERVER_CLOCK + 100, OUR_CLOCK + 100).data(9_000, BYTES)))
                .as("beyond a hole")
                .isNull();
        assertThat(judge(segments.stamps(SERVER_CLOCK + 50, OUR_CLOCK + 50).data(1_000, BYTES)))
                .as("sent before it, and overtaken")
                .isNull();
        assertThat(judge(segments.stamps(SERVER_CLOCK + 49, OUR_CLOCK + 50).data(9_000, BYTES)))
                .isEqualTo(Rejection.TIMESTAMP_OLD);
        assertThat(judge(segments.stamps(SERVER_CLOCK + 50, OUR_CLOCK + 49).data(9_000, BYTES)))
                .isEqualTo(Rejection.TIMESTAMP_ECHO);
    }

    @Test
    void anEchoCannotComeFromTheFuture() {
        connect();
        segments.at(1_000 * MILLI);
        assertThat(judge(segments.stamps(SERVER_CLOCK + 990, OUR_CLOCK + 1_050).data(1_000, BYTES)))
                .isNull();
        assertThat(judge(segments.stamps(SERVER_CLOCK + 990, OUR_CLOCK + 1_051).data(1_000, BYTES)))
                .isEqualTo(Rejection.TIMESTAMP_ECHO);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x7fff_fff0, 0xffff_ff00})
    void clocksWrap(int start) {
        SegmentValidator validator = validator(segments.path());
        segments.at(0).stamps(start, start);
        assertThat(validator.judge(segments.synAck(), 0, REACH)).isNull();
        // Five weeks in steps of a day: more than 2³¹ milliseconds.
        long dayMillis = TimeUnit.DAYS.toMillis(1);
        for (long day = 1; day <= 35; day++) {
            long millis = day * dayMillis;
            segments.at(millis * MILLI).stamps((int) (start + millis), (int) (start + millis));
            assertThat(validator.judge(segments.data(day * 8, BYTES), day * 8, REACH))
                    .as("day %d", day)
                    .isNull();
            segments.stamps((int) (start + millis - 1), (int) (start + millis));
            assertThat(validator.judge(segments.data(day * 8 + 8, BYTES), day * 8, REACH))
                    .isEqualTo(Rejection.TIMESTAMP_OLD);
        }
    }

    /** From one tick a second to one a microsecond. */
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.01, 0.1, 1, 10, 1_000})
    void learnsHowFastTheServersClockRuns(double ticksPerMilli) {
        SegmentValidator validator = validator(segments.path());
        segments.at(0).stamps(0xffff_0000, OUR_CLOCK);
        assertThat(validator.judge(segments.synAck(), 0, REACH)).isNull();
        int rejected = 0;
        // Ninety minutes: a clock of microseconds goes round.
        for (long millis = 50; millis < 90 * 60_000; millis += 50) {
            segments.at(millis * MILLI).stamps(0xffff_0000 + (int) (long) (millis * ticksPerMilli), OUR_CLOCK);
            long position = millis * 8;
            Rejection inOrder = validator.judge(segments.data(position, BYTES), position, REACH);
            Rejection beyond = validator.judge(segments.data(position + 1_000, BYTES), position + 8, REACH);
            if (millis > 5_000) {
                assertThat(inOrder).as("after %d ms", millis).isNull();
                assertThat(beyond).as("after %d ms", millis).isNull();
            }
            rejected += inOrder == null ? 0 : 1;
        }
        if (ticksPerMilli <= 1) {
            assertThat(rejected).isZero();
        }
        int ahead = (int) Math.ceil(4_000 * Math.max(1, ticksPerMilli));
        segments.stamps(0xffff_0000 + (int) (long) (90L * 60_000 * ticksPerMilli) + ahead, OUR_CLOCK);
        assertThat(validator.judge(segments.data(90L * 60_000 * 8, BYTES), 90L * 60_000 * 8, REACH))
                .isEqualTo(Rejection.TIMESTAMP_FUTURE);
    }

    @Test
    void aClockThatIsTooFastIsNotBelievedForBytesThatCameBefore() {
        connect();
        assertThat(judge(segments.data(1_000, BYTES))).isNull();
        assertThat(judge(segmentStamped(SERVER_CLOCK + 1_000_000, OUR_CLOCK + 10)))
                .as("the same bytes with a clock of the far future")
                .isEqualTo(Rejection.TIMESTAMP_FUTURE);
        position = 1_008;
        assertThat(judge(segments.data(1_008, BYTES))).isNull();
    }

    @Test
    void withoutTimestampsOnlyNumbersCount() {
        Segments bare = new Segments(segments.path(), 5, 5).withoutTimestamps();
        assertThat(judge(bare.synAck())).isNull();
        assertThat(judge(bare.data(0, BYTES))).isNull();
        assertThat(judge(bare.data(100, BYTES))).isNull();
    }
}
