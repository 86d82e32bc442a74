package dev.tunbridge.bridge.receive;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.bridge.receive.DeliveryObserver.Lane;
import dev.tunbridge.bridge.receive.Rig.Delivery;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameEncoder;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.reassembly.recovery.RecoveryOptions;
import dev.tunbridge.reassembly.wire.TcpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole receive side, played by a script: what the server writes, what the capture sees of it in which order, what others forge, and
 * when the kernel delivers. Whatever happens, the kernel's frames arrive, each once, and what went early is accounted for.
 */
class ReceivePathFuzzTest {
    private static final List<FrameFormat> FORMATS = List.of(
            FrameFormat.builtin("reference"),
            FrameFormat.builtin("plain-le"),
            FrameFormat.builtin("hdlc"),
            small("sync: {bytes: \"A5\"}", 1, "", ""),
            small("", 0, "check: {algorithm: sum, size: 1, from: 0, to: payload-end, at: payload-end}", ""),
            small("", 0, "", "escape: dle"),
            small("", 0, "check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}", "escape: cobs"));

    private static final int HELD_BYTES = 64 * 1024;
    private static final int MOST_STREAM_BYTES = 200_000;
    private static final int FULL_SEGMENT = 1_400;

    private static FrameFormat small(String sync, int at, String check, String escape) {
        return FrameFormat.parse("""
                name: small
                frame:
                  %s
                  header: [{name: type, at: %d, size: 1}]
                  length: {at: %d, size: 1, max: 90}
                  payload: {at: %d}
                  %s
                  %s
                resync: {boundaries: found}
                types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 16, packet: 32}
                """.formatted(sync, at, at + 1, at + 2, check, escape), "small");
    }

    @FuzzTest(maxDuration = "10m")
    void receives(FuzzedDataProvider data) {
        FrameFormat format = data.pickValue(FORMATS);
        BoundaryGrade lowest = data.pickValue(BoundaryGrade.values());
        RecoveryOptions options = new RecoveryOptions(true, lowest, HELD_BYTES, data.consumeInt(4, 200), false);
        Script script = new Script(format, data);
        List<Delivery> expected = kernelAlone(format, script.stream);
        try (Rig rig = new Rig(format, options)) {
            if (data.consumeBoolean()) {
                rig.connect();
            }
            script.play(rig, data);
            check(rig, expected, script, lowest);
        }
    }

    /** What comes of the stream without a capture; not more than that may come of it with one. */
    private static List<Delivery> kernelAlone(FrameFormat format, byte[] stream) {
        try (Rig rig = new Rig(format, RecoveryOptions.DEFAULT.disabled())) {
            try {
                rig.received(stream, stream.length);
            } catch (LostSynchronisationException e) {
                // Then what came before it must arrive all the same.
            }
            rig.settle();
            return List.copyOf(rig.reached);
        }
    }

    private static void check(Rig rig, List<Delivery> expected, Script script, BoundaryGrade lowest) {
        assertThat(rig.reached).isEqualTo(expected);
        Map<Long, Delivery> early = new HashMap<>();
        List<Delivery> all = new ArrayList<>();
        for (Delivery delivery : rig.deliveries) {
            if (delivery.lane() == Lane.EARLY) {
                assertThat(delivery.grade()).isLessThanOrEqualTo(lowest);
                all.add(delivery);
                early.put(delivery.start(), delivery);
            }
        }
        long mismatches = rig.recovery().mismatchedBytes() + rig.recovery().mismatchedBoundaries();
        for (Delivery delivery : rig.swallowed) {
            Delivery before = early.get(delivery.start());
            assertThat(before == null ? "" : before.content()).isEqualTo(delivery.content());
        }
        long lastStart =
                expected.isEmpty() ? 0 : expected.get(expected.size() - 1).start();
        long open = all.stream().filter(delivery -> delivery.end() > lastStart).count();
        assertThat(all.size() - rig.swallowed.size() - mismatches).isBetween(0L, open);
        if (script.isHonest && lowest == BoundaryGrade.PROVEN) {
            assertThat(mismatches).isZero();
            assertThat(rig.recovery().contradictions()).isZero();
            assertThat(expected).containsAll(asReached(all, rig.path.position()));
        }
        assertThat(rig.recovery().memoryPeakBytes()).isLessThanOrEqualTo(HELD_BYTES);
        assertThat(rig.recovery().heldPeakBytes()).isLessThanOrEqualTo(HELD_BYTES);
    }

    private static List<Delivery> asReached(List<Delivery> early, long position) {
        return early.stream()
                .filter(delivery -> delivery.end() <= position)
                .map(delivery -> new Delivery(
                        Lane.KERNEL,
                        BoundaryGrade.PROVEN,
                        delivery.start(),
                        delivery.end(),
                        delivery.type(),
                        delivery.content()))
                .toList();
    }

    /** What the server writes, and then one step after another. */
    private static final class Script {
        final byte[] stream;
        /** Nobody writes or forges what a server would not write. */
        boolean isHonest = true;

        private final FrameFormat format;
        private final int[] numbers = new int[4];

        Script(FrameFormat format, FuzzedDataProvider data) {
            this.format = format;
            ByteBuf out = Unpooled.buffer();
            try (FrameEncoder encoder = new FrameEncoder(format)) {
                int count = data.consumeInt(0, 60);
                for (int i = 0; i < count && out.writerIndex() < MOST_STREAM_BYTES; i++) {
                    write(out, encoder, data);
                }
            }
            stream = ByteBufUtil.getBytes(out);
        }

        private void write(ByteBuf out, FrameEncoder encoder, FuzzedDataProvider data) {
            int most = format.maxPayloadBytes();
            int client = data.consumeInt(0, 3);
            switch (data.consumeInt(0, 7)) {
                case 0, 1 -> {
                    byte[] payload = data.consumeBytes(data.consumeInt(0, Math.max(0, most - 28)));
                    encode(out, encoder, InnerTraffic.udp(client, 1_000 + client, payload));
                }
                case 2, 3 -> {
                    byte[] payload = data.consumeBytes(data.consumeInt(0, Math.max(0, most - 40)));
                    int jump = data.consumeInt(-3, 3);
                    int flags = TcpView.ACK | (data.consumeInt(0, 7) == 0 ? TcpView.SYN : 0);
                    encode(out, encoder, InnerTraffic.tcp(client, 2_000, numbers[client] + jump, flags, payload));
                    numbers[client] += payload.length;
                }
                case 4 -> {
                    byte[] payload = data.consumeBytes(data.consumeInt(0, most));
                    encoder.encode(out, data.consumeByte() & 0x7f, Unpooled.wrappedBuffer(payload));
                }
                case 5 -> {
                    isHonest = false; // a server that writes what is no frame
                    out.writeBytes(data.consumeBytes(40));
                }
                default -> encode(out, encoder, InnerTraffic.udp(client, 1_000 + client, frameIn(data)));
            }
        }

        /** A frame of the format, small enough to be a payload. */
        private byte[] frameIn(FuzzedDataProvider data) {
            ByteBuf frame = Unpooled.buffer();
            try (FrameEncoder own = new FrameEncoder(format)) {
                byte[] payload = data.consumeBytes(data.consumeInt(0, 20));
                own.encode(frame, 32, Unpooled.wrappedBuffer(payload));
            }
            return ByteBufUtil.getBytes(frame);
        }

        private void encode(ByteBuf out, FrameEncoder encoder, byte[] packet) {
            if (packet.length <= format.maxPayloadBytes()) {
                encoder.encode(out, 32, Unpooled.wrappedBuffer(packet));
            }
        }

        void play(Rig rig, FuzzedDataProvider data) {
            try {
                while (data.remainingBytes() > 0) {
                    step(rig, data);
                }
                rig.received(stream, stream.length);
            } catch (LostSynchronisationException e) {
                assertThat(isHonest).isFalse();
            }
            rig.settle();
        }

        private void step(Rig rig, FuzzedDataProvider data) {
            int position = (int) rig.path.position();
            switch (data.consumeInt(0, 11)) {
                case 0, 1, 2, 3, 4 -> {
                    int from = Math.max(0, Math.min(stream.length, position + data.consumeInt(-100, 5_000)));
                    int to = Math.min(stream.length, from + data.consumeInt(0, FULL_SEGMENT));
                    rig.captured(stream, from, to);
                }
                case 5, 6 -> rig.received(stream, Math.min(stream.length, position + data.consumeInt(0, 3_000)));
                case 7, 8 -> rig.settle();
                case 9 -> rig.nowNanos += data.consumeLong(0, 100_000_000_000L);
                case 10 -> {
                    isHonest = false; // somebody forges a segment, and gets everything right
                    byte[] forged = data.consumeBytes(200);
                    int offset = position + data.consumeInt(-100, 5_000);
                    rig.onSegment(Rig.packet(offset, data.consumeByte(), forged, 0, forged.length));
                }
                default -> {
                    isHonest = false;
                    rig.onSegment(Unpooled.wrappedBuffer(data.consumeBytes(80)));
                }
            }
        }
    }
}
