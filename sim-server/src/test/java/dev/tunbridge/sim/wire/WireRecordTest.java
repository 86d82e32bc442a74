package dev.tunbridge.sim.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.sim.traffic.DatagramStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A capture whose waits are known. */
class WireRecordTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int BYTES = 300;
    private static final DatagramStream.Shape SHAPE = new DatagramStream.Shape(4, BYTES, MILLISECOND, 1);

    /** The stream begins in the last bytes before sequence numbers wrap. */
    private static final int INITIAL = -500;

    private final Protocol protocol = Protocol.builtin("reference");
    private final FrameFormat format = protocol.format();
    private final MessageCodec codec = protocol.newCodec();
    private final DatagramFrame frame =
            DatagramFrame.of(protocol, Carriage.SEGMENT, BYTES).orElseThrow();
    private final WireRecord record = new WireRecord(Packets.SERVER_PORT, frame, SHAPE);

    @Test
    void aDatagramWaitsFromTheLastByteOfItsFrame() {
        ByteBuf stream = stream(0, 1, 2, 3);
        int frameBytes = stream.readableBytes() / 4;
        // The second segment is lost and comes again last; it holds the end of frame 0 and all of frame 1 but its last
        // byte.
        int cut = frame.headBytes() + 10;
        int behind = 2 * frameBytes - 1;
        outer(stream, 0, cut, 1);
        outer(stream, behind, 3 * frameBytes, 2);
        outer(stream, 3 * frameBytes, 4 * frameBytes, 3);
        inner(2, 5);
        outer(stream, cut, behind, 30);
        inner(0, 31);
        inner(1, 32);
        inner(3, 33);
        Waits waits = record.waits();
        assertThat(waits.isMeasured()).isTrue();
        assertThat(waits.count()).isEqualTo(4);
        // 0: 31 - 30; 1: 32 - 30; 2: 5 - 2; 3: 33 - 3.
        assertThat(waits.percentileNanos(25)).isEqualTo(MILLISECOND);
        assertThat(waits.percentileNanos(50)).isEqualTo(2 * MILLISECOND);
        assertThat(waits.percentileNanos(75)).isEqualTo(3 * MILLISECOND);
        assertThat(waits.percentileNanos(100)).isEqualTo(30 * MILLISECOND);
        assertThat(waits.over(3 * MILLISECOND - 1)).isEqualTo(2);
        assertThat(waits.over(3 * MILLISECOND)).isEqualTo(1);
    }

    @Test
    void onlyTheFirstAppearanceCountsOnBothSides() {
        ByteBuf stream = stream(0);
        int end = stream.readableBytes();
        outer(stream, 0, end, 10);
        outer(stream, 0, end, 20);
        inner(0, 12);
        inner(0, 25);
        assertThat(record.waits().percentileNanos(100)).isEqualTo(2 * MILLISECOND);
    }

    @Test
    void aSegmentThatWasOvertakenAtTheVeryBeginningHasItsPlace() {
        ByteBuf stream = stream(0);
        int end = stream.readableBytes();
        outer(stream, 100, end, 10);
        outer(stream, 0, 100, 17);
        inner(0, 18);
        assertThat(record.waits().percentileNanos(100)).isEqualTo(MILLISECOND);
    }

    @Test
    void whatTheKernelThrowsAwayHasNotArrived() {
        ByteBuf stream = stream(0);
        int end = stream.readableBytes();
        ByteBuf payload = stream.slice(0, end);
        CapturedSegment corrupt =
                Packets.tcp(Packets.SERVER_PORT, Packets.DEVICE_PORT, INITIAL, payload, 10 * MILLISECOND);
        corrupt.buffer().setByte(corrupt.length() - 1, corrupt.buffer().getByte(corrupt.length() - 1) ^ 1);
        record.onOuter(corrupt);
        CapturedSegment cut = Packets.tcp(Packets.SERVER_PORT, Packets.DEVICE_PORT, INITIAL, payload, 11 * MILLISECOND);
        record.onOuter(cut.wrap(cut.buffer(), 0, 200, cut.wireLength(), 11 * MILLISECOND));
        record.onOuter(Packets.tcp(Packets.SERVER_PORT, Packets.DEVICE_PORT, INITIAL, payload, 12 * MILLISECOND)
                .mark(1, true, false));
        outer(stream, 0, end, 20);
        inner(0, 21);
        assertThat(record.waits().percentileNanos(100)).isEqualTo(MILLISECOND);
    }

    @Test
    void otherConnectionsAndOtherDatagramsAreNotTheStream() {
        ByteBuf stream = stream(0);
        int end = stream.readableBytes();
        outer(stream, 0, 1, 9);
        record.onOuter(Packets.tcp(Packets.SERVER_PORT, Packets.DEVICE_PORT + 1, INITIAL, stream.slice(), MILLISECOND));
        record.onOuter(Packets.tcp(22, Packets.DEVICE_PORT, INITIAL, stream.slice(), MILLISECOND));
        outer(stream, 1, end, 10);
        record.onInner(Packets.udp(Unpooled.wrappedBuffer(new byte[BYTES]), 11 * MILLISECOND));
        inner(0, 12);
        Waits waits = record.waits();
        assertThat(waits.count()).isEqualTo(1);
        assertThat(waits.percentileNanos(100)).isEqualTo(2 * MILLISECOND);
    }

    @Test
    void datagramsThatWereCoalescedCountOneByOne() {
        ByteBuf stream = stream(0, 1);
        outer(stream, 0, stream.readableBytes(), 10);
        record.onInner(Packets.udp(Unpooled.wrappedBuffer(datagram(0), datagram(1)), 13 * MILLISECOND));
        Waits waits = record.waits();
        assertThat(waits.count()).isEqualTo(2);
        assertThat(waits.over(2 * MILLISECOND)).isEqualTo(2);
    }

    @Test
    void aDatagramThatSeemsToComeOutBeforeItCameInDidNotWait() {
        ByteBuf stream = stream(0);
        outer(stream, 0, stream.readableBytes(), 10);
        inner(0, 9);
        assertThat(record.waits().percentileNanos(100)).isZero();
        assertThat(record.waits().over(0)).isZero();
    }

    @Test
    void aStreamThatIsNotOnTheWireAsItIsHasNoMeasure() {
        ByteBuf stream = stream(0, 1);
        // As if encrypted.
        for (int i = 0; i < stream.readableBytes(); i++) {
            stream.setByte(i, ~stream.getByte(i));
        }
        outer(stream, 0, stream.readableBytes(), 10);
        inner(0, 11);
        inner(1, 11);
        Waits waits = record.waits();
        assertThat(waits.isMeasured()).isFalse();
        assertThat(waits.count()).isZero();
        assertThat(waits.percentileNanos(99)).isZero();
        assertThat(new WireRecord(Packets.SERVER_PORT, frame, SHAPE).waits().isMeasured())
                .as("nothing arrived")
                .isFalse();
    }

    @Test
    void oneInAHundredMayBeMissingFromTheWireButNotMore() {
        assertThat(new Waits(200, new long[198]).isMeasured()).isTrue();
        assertThat(new Waits(200, new long[197]).isMeasured()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "plain-le"})
    void theFrameAroundADatagramIsThatOfTheFormat(String name) {
        Protocol named = Protocol.builtin(name);
        MessageCodec bound = named.newCodec();
        for (Carriage carriage : List.of(Carriage.PACKET, Carriage.SEGMENT)) {
            DatagramFrame found = DatagramFrame.of(named, carriage, BYTES).orElseThrow();
            int overhead =
                    carriage == Carriage.PACKET ? bound.packetOverheadBytes() + 28 : bound.segmentOverheadBytes(4) + 8;
            assertThat(found.headBytes() + found.tailBytes()).isEqualTo(overhead);
            assertThat(found.headBytes()).isPositive();
        }
    }

    @Test
    void anEscapedFormatHasNone() {
        assertThat(DatagramFrame.of(Protocol.builtin("hdlc"), Carriage.SEGMENT, BYTES))
                .isEmpty();
    }

    private void outer(ByteBuf stream, int from, int to, long millis) {
        record.onOuter(Packets.tcp(
                Packets.SERVER_PORT,
                Packets.DEVICE_PORT,
                INITIAL + from,
                stream.slice(from, to - from),
                millis * MILLISECOND));
    }

    private void inner(int number, long millis) {
        record.onInner(Packets.udp(Unpooled.wrappedBuffer(datagram(number)), millis * MILLISECOND));
    }

    /** The frames of these datagrams, one after the other. */
    private ByteBuf stream(int... numbers) {
        ByteBuf out = Unpooled.buffer();
        ByteBuf addresses = Unpooled.wrappedBuffer(new byte[8]);
        try (FrameEncoder encoder = new FrameEncoder(format)) {
            for (int number : numbers) {
                codec.beginSegment(encoder, out, IpView.PROTOCOL_UDP, addresses, 0, 4, 4)
                        .writeZero(8)
                        .writeBytes(datagram(number));
                encoder.end();
            }
        }
        return out;
    }

    private static byte[] datagram(int number) {
        byte[] payload = new byte[BYTES];
        SHAPE.write(payload, number, 123);
        return payload;
    }
}
