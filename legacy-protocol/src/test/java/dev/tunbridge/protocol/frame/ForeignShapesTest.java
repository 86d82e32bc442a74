package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dronefleet.mavlink.MavlinkDialect;
import io.dronefleet.mavlink.annotations.MavlinkMessageInfo;
import io.dronefleet.mavlink.common.CommonDialect;
import io.dronefleet.mavlink.minimal.MinimalDialect;
import io.dronefleet.mavlink.protocol.MavlinkPacket;
import io.dronefleet.mavlink.protocol.MavlinkPacketReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Frames of many shapes: implementations of others read what we write, and we read what they write, however it is cut. */
class ForeignShapesTest {
    private static final int ROUNDS = 60;
    private static final byte[] KEY = new byte[32];

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    private List<String> read(FrameFormat format, byte[] stream) {
        return Recorder.decode(format, stream, () -> 1 + random.nextInt(300)).stream()
                .map(event -> event.replaceFirst("^frame [0-9.]+ type ([0-9]+) fields .* payload ", "$1 "))
                .toList();
    }

    private static Map<Integer, Integer> bytesOfDronefleet() {
        Map<Integer, Integer> extra = new TreeMap<>();
        for (MavlinkDialect dialect : List.of(new MinimalDialect(), new CommonDialect())) {
            for (Class<?> message : dialect.messageTypes()) {
                MavlinkMessageInfo info = message.getAnnotation(MavlinkMessageInfo.class);
                extra.put(info.id(), info.crc());
            }
        }
        return extra;
    }

    /** A payload as version 2 sends it, without the zeros at its end. */
    private byte[] payload() {
        byte[] payload = new byte[1 + random.nextInt(random.nextInt(4) == 0 ? 255 : 30)];
        random.nextBytes(payload);
        payload[payload.length - 1] |= 1;
        return payload;
    }

    private static String event(int type, byte[] payload) {
        return type + " " + HexFormat.of().formatHex(payload);
    }

    /** One of theirs: of version 1 or 2, signed or not. */
    private MavlinkPacket packet(int sequence) {
        Map<Integer, Integer> extra = bytesOfDronefleet();
        int type = Seeds.pick(random, List.copyOf(extra.keySet()));
        byte[] payload = payload();
        if (type < 256 && random.nextBoolean()) {
            return MavlinkPacket.createMavlink1Packet(
                    sequence, 3, 4, type, Objects.requireNonNull(extra.get(type)), payload);
        }
        return random.nextBoolean()
                ? MavlinkPacket.createSignedMavlink2Packet(
                        sequence,
                        3,
                        4,
                        type,
                        Objects.requireNonNull(extra.get(type)),
                        payload,
                        1,
                        1_000 + sequence,
                        KEY)
                : MavlinkPacket.createUnsignedMavlink2Packet(
                        sequence, 3, 4, type, Objects.requireNonNull(extra.get(type)), payload);
    }

    @Test
    void theBytesOfMavlinkAreThoseOfDronefleet() {
        Map<Integer, Integer> extra = bytesOfDronefleet();
        assertThat(FrameFormat.builtin("mavlink").shapes())
                .allSatisfy(
                        shape -> assertThat(shape.check().orElseThrow().extra()).isEqualTo(extra));
    }

    /** Both versions in one stream, with and without a signature, and one of them damaged: it costs itself. */
    @Test
    void dronefleetIsReadAndDamageCostsNoOther() {
        FrameFormat mavlink = FrameFormat.builtin("mavlink");
        for (int round = 0; round < ROUNDS; round++) {
            List<byte[]> frames = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (int i = 0; i < 8; i++) {
                MavlinkPacket packet = packet(i);
                frames.add(packet.getRawBytes());
                expected.add(event(packet.getMessageId(), packet.getPayload()));
                stream.writeBytes(packet.getRawBytes());
            }
            assertThat(read(mavlink, stream.toByteArray())).as("seed %d", seed).isEqualTo(expected);
            int damaged = 1 + random.nextInt(5);
            // The signature is not looked at, so a bit of it costs nothing; that of the length may cost what it claims.
            byte[] frame = frames.get(damaged);
            frame[frame[0] == (byte) 0xFD ? 10 : 6] ^= (byte) (1 << random.nextInt(8));
            ByteArrayOutputStream wrong = new ByteArrayOutputStream();
            frames.forEach(wrong::writeBytes);
            // What a false mark claims has to come before the frames behind it do.
            wrong.writeBytes(new byte[mavlink.maxFrameBytes()]);
            List<String> whole = new ArrayList<>(expected);
            whole.remove(damaged);
            assertThat(read(mavlink, wrong.toByteArray()))
                    .as("seed %d, frame %d of round %d", seed, damaged, round)
                    .filteredOn(event -> event.matches("[0-9]+ .*"))
                    .containsExactlyElementsOf(whole);
        }
    }

    @Test
    void dronefleetReadsBothVersionsOfOurs() throws IOException {
        FrameFormat second = FrameFormat.builtin("mavlink");
        List<FrameFormat> shapes = new ArrayList<>(second.shapes());
        Collections.reverse(shapes);
        FrameFormat first = FrameFormat.ofShapes(shapes, second.types(), FrameTypes.PLAIN);
        for (FrameFormat format : List.of(second, first)) {
            Map<Integer, Integer> extra = bytesOfDronefleet();
            List<Integer> types = new ArrayList<>();
            List<byte[]> payloads = new ArrayList<>();
            ByteBuf out = Unpooled.buffer();
            try (FrameEncoder encoder = new FrameEncoder(format)) {
                for (int i = 0; i < ROUNDS; i++) {
                    types.add(Seeds.pick(random, List.copyOf(extra.keySet())));
                    payloads.add(payload());
                    ByteBuf body = encoder.begin(out, types.get(i));
                    encoder.setField(format.fieldIndex("system").orElseThrow(), 7);
                    body.writeBytes(payloads.get(i));
                    encoder.end();
                }
            }
            MavlinkPacketReader reader = new MavlinkPacketReader(new ByteArrayInputStream(ByteBufUtil.getBytes(out)));
            for (int i = 0; i < ROUNDS; i++) {
                MavlinkPacket packet = reader.next();
                int type = types.get(i);
                assertThat(packet.isMavlink2()).isEqualTo(format.equals(second) || type > 255);
                assertThat(packet.getMessageId()).isEqualTo(type);
                assertThat(packet.getPayload()).isEqualTo(payloads.get(i));
                assertThat(packet.getSequence()).isEqualTo(i);
                assertThat(packet.getSystemId()).isEqualTo(7);
                assertThat(packet.validateCrc(Objects.requireNonNull(extra.get(type))))
                        .isTrue();
            }
        }
    }

    @Test
    void whatMavlinkDoesNotKnowIsNoFrame() {
        FrameFormat mavlink = FrameFormat.builtin("mavlink");
        byte[] frame = MavlinkPacket.createUnsignedMavlink2Packet(0, 1, 1, 0, 50, new byte[] {1})
                .getRawBytes();
        assertThat(read(mavlink, frame)).containsExactly("0 01");
        frame[2] = 2;
        assertThat(read(mavlink, frame)).containsExactly("bad FIELD at 0");
        byte[] unknown = MavlinkPacket.createUnsignedMavlink2Packet(0, 1, 1, 70_000, 50, new byte[] {1})
                .getRawBytes();
        assertThat(read(mavlink, unknown)).containsExactly("bad CHECK at 0");
        ByteBuf out = Unpooled.buffer();
        try (FrameEncoder encoder = new FrameEncoder(mavlink)) {
            assertThatThrownBy(() -> encoder.begin(out, 70_000))
                    .hasMessage("no shape of format mavlink has frames of type 70000; allowed: one of its types");
            encoder.begin(out, 0);
            assertThatThrownBy(
                            () -> encoder.setField(mavlink.fieldIndex("signed").orElseThrow(), 1))
                    .isInstanceOf(IllegalArgumentException.class);
            encoder.setField(mavlink.fieldIndex("type").orElseThrow(), 70_000);
            assertThatThrownBy(encoder::end).isInstanceOf(UnsayableFrameException.class);
        }
        assertThat(out.isReadable()).as("nothing was written").isFalse();
    }

    /** Recorded of dronefleet: both versions, one frame of them signed, which is written without. */
    @Test
    void recordingsOfDronefleetAreRead() {
        FrameFormat mavlink = FrameFormat.builtin("mavlink");
        byte[] first = Framings.read("mavlink1");
        assertThat(read(mavlink, first)).hasSize(4).allMatch(event -> event.matches("[04] [0-9a-f]+"));
        byte[] second = Framings.read("mavlink2");
        assertThat(read(mavlink, second)).hasSize(4).allMatch(event -> event.matches("[04] [0-9a-f]+"));
        byte[] unsigned = Arrays.copyOf(second, 21 + 26 + 21);
        assertThat(read(mavlink, unsigned)).hasSize(3);
    }
}
