package dev.tunbridge.bridge.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A format of a length and nothing else: behind a hole whole packets tell where frames begin, and nothing else does. */
class ContentEvidenceTest {
    private static final String BARE = """
            name: bare
            frame:
              header: [{name: type, at: 0, size: 2, shift: 12, bits: 4}]
              length: {at: 0, size: 2, bits: 12, max: 2048}
              payload: {at: 2}
            resync: {boundaries: %s, maxScan: %d}
            types: {packet: 0, app: 1}
            """;

    private static final int PACKET = 0;
    private static final int APP = 1;

    private final ByteBuf stream = Unpooled.buffer();

    private static FrameFormat format(String boundaries, int maxScan) {
        return FrameFormat.parse(BARE.formatted(boundaries, maxScan), "bare");
    }

    private int add(FrameEncoder encoder, int type, byte[] payload) {
        encoder.encode(stream, type, Unpooled.wrappedBuffer(payload));
        return stream.writerIndex();
    }

    /** Known traffic, then one frame that is lost with its header, then more in a segment that begins with a frame. */
    private List<String> early(FrameFormat format, int type, byte[] behind) {
        try (FrameEncoder encoder = new FrameEncoder(format);
                Rig rig = new Rig(format, RecoveryOptions.DEFAULT.boundaries(BoundaryGrade.FOUND)).connect()) {
            int shown = add(encoder, PACKET, InnerTraffic.udp(1, 1_111, (byte) 1));
            int lost = add(encoder, PACKET, InnerTraffic.udp(1, 1_111, (byte) 2));
            int end = add(encoder, type, behind);
            byte[] bytes = ByteBufUtil.getBytes(stream);
            rig.captured(bytes, 0, shown);
            rig.received(bytes, shown);
            rig.settle();
            rig.packets();
            rig.captured(bytes, lost, end);
            rig.settle();
            List<String> early = rig.packets();
            // The kernel brings the rest, and nothing comes twice.
            rig.captured(bytes, shown, lost);
            rig.received(bytes, end);
            rig.settle();
            assertThat(rig.packets()).filteredOn(early::contains).isEmpty();
            assertThat(rig.recovery().mismatchedBytes()).isZero();
            return early;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"anchored", "found"})
    void packetsOfAKnownFlowGoEarly(String boundaries) {
        byte[] packet = InnerTraffic.udp(1, 1_111, (byte) 3);
        assertThat(early(format(boundaries, 65_536), PACKET, packet)).containsExactly(ByteBufUtil.hexDump(packet));
    }

    @Test
    void nothingGoesWhereBoundariesMustBeProvenOrAreNotSearchedFor() {
        byte[] packet = InnerTraffic.udp(1, 1_111, (byte) 3);
        assertThat(early(format("proven", 65_536), PACKET, packet)).isEmpty();
        stream.clear();
        assertThat(early(format("found", 0), PACKET, packet)).isEmpty();
    }

    @Test
    void whatIsNoPacketSaysNothing() {
        byte[] wrongLength = new byte[InnerTraffic.udp(1, 1_111, (byte) 3).length + 1];
        System.arraycopy(InnerTraffic.udp(1, 1_111, (byte) 3), 0, wrongLength, 0, wrongLength.length - 1);
        assertThat(early(format("found", 65_536), PACKET, wrongLength)).isEmpty();
        stream.clear();
        byte[] flipped = InnerTraffic.udp(1, 1_111, (byte) 3);
        flipped[flipped.length - 1] ^= 1;
        assertThat(early(format("found", 65_536), PACKET, flipped)).isEmpty();
        stream.clear();
        assertThat(early(format("found", 65_536), APP, InnerTraffic.udp(1, 1_111, (byte) 3)))
                .isEmpty();
    }

    /** A client's datagram with a wrong checksum does not speak for its frame, and what it holds does not for another. */
    @Test
    void nothingWithinAPacketThatDoesNotSpeakIsABoundary() {
        byte[] inner = InnerTraffic.udp(1, 1_111, (byte) 3);
        byte[] payload = new byte[10 + 2 + inner.length];
        payload[10] = (byte) (inner.length >> 8);
        payload[11] = (byte) inner.length;
        System.arraycopy(inner, 0, payload, 12, inner.length);
        byte[] cover = InnerTraffic.udp(9, 6_666, payload);
        cover[27] ^= 1; // its checksum
        for (String boundaries : List.of("anchored", "found")) {
            stream.clear();
            assertThat(early(format(boundaries, 65_536), PACKET, cover)).isEmpty();
        }
    }

    /** What a client sends in its payload is inside a frame: the one from a segment's start holds a packet, and goes in its place. */
    @Test
    void noiseInFrontOfAPacketIsNoFrameThoughItsLengthFits() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            stream.clear();
            byte[] noise = new byte[1_000];
            random.nextBytes(noise);
            assertThat(early(format("found", 65_536), APP, noise)).isEmpty();
        }
    }
}
