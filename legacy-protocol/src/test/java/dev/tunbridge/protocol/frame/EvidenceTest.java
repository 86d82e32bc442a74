package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A frame found by scanning counts only where traffic does not pass for one. */
class EvidenceTest {
    private static final String MODBUS = format("""
              header:
                - {name: transaction, at: 0, size: 2}
                - {name: protocol, at: 2, size: 2, value: 0}
                - {name: unit, at: 6, size: 1}
                - {name: type, at: 7, size: 1}
              length: {at: 4, size: 2, counts: after-length, max: 252}
              payload: {at: 8}
            """);
    private static final String DLMS_WRAPPER = format("""
              header:
                - {name: version, at: 0, size: 2, value: 1}
                - {name: source, at: 2, size: 2, value: 1}
                - {name: type, at: 4, size: 2}
              length: {at: 6, size: 2, counts: payload, max: 2048}
              payload: {at: 8}
            """);
    private static final String TPKT = format("""
              header:
                - {name: version, at: 0, size: 1, value: 3}
                - {name: reserved, at: 1, size: 1, value: 0}
                - {name: type, at: 5, size: 1}
              length: {at: 2, size: 2, counts: all, max: 2048}
              payload: {at: 6}
            """);
    private static final String BGP = format("""
              header:
                - {name: marker1, at: 0, size: 7, value: 0xFFFFFFFFFFFFFF}
                - {name: marker2, at: 7, size: 7, value: 0xFFFFFFFFFFFFFF}
                - {name: marker3, at: 14, size: 2, value: 0xFFFF}
                - {name: type, at: 18, size: 1}
              length: {at: 16, size: 2, counts: all, max: 4077}
              payload: {at: 19}
            """);

    private static String format(String frame) {
        return "name: published\nframe:\n" + frame.indent(2) + "types: {first: 1}\n";
    }

    private static FrameFormat parse(String yaml) {
        return FrameFormat.parse(yaml, "published.yaml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"modbus", "dlms-wrapper", "tpkt", "bgp"})
    void withoutSyncAndCheckABadFrameEndsTheConnection(String name) {
        FrameFormat format = parse(named(name));
        assertThat(format.canResynchronise()).isFalse();
        assertThat(format.explain()).anyMatch(line -> line.startsWith("after a bad frame the connection is closed: "));
        assertThat(FormatEvidence.bits(format)).isLessThan(16);
        byte[] frames = new StreamGenerator(format, new Random(1)).frames(20);
        byte[] damaged = frames.clone();
        int constant = name.equals("modbus") ? 2 : 0;
        damaged[constant] ^= 0x40;
        assertThat(Framings.decode(format, damaged)).containsExactly("bad FIELD at 0", "lost FIELD at 0");
    }

    private static String named(String name) {
        return switch (name) {
            case "modbus" -> MODBUS;
            case "dlms-wrapper" -> DLMS_WRAPPER;
            case "tpkt" -> TPKT;
            default -> BGP;
        };
    }

    /** One wrong bit in the second of 29 frames of j2mod. Before zeros counted for what they are: 27 false frames, and no end. */
    @ParameterizedTest
    @ValueSource(strings = {"modbus-dmg", "modbus-min"})
    void oneWrongBitOfModbusMakesNoFalseFrames(String file) {
        FrameFormat format = parse(MODBUS);
        List<String> events = Framings.decode(format, Framings.read(file));
        assertThat(events.get(events.size() - 1)).startsWith("lost ");
        assertThat(events).filteredOn(event -> !event.startsWith("3 00000002")).hasSize(2);
    }

    @Test
    void undamagedModbusIsReadToItsEnd() {
        assertThat(Framings.decode(parse(MODBUS), Framings.read("modbus-scapy")))
                .containsExactly("3 00000002", "3 0412345678");
    }

    /** What the explanation says is at least what scanning ordinary traffic finds: here zeros and small numbers. */
    @ParameterizedTest
    @ValueSource(strings = {"modbus", "dlms-wrapper", "tpkt", "bgp"})
    void theFiguresOfCheckAreNoLowerThanWhatAScanFinds(String name) {
        FrameFormat format = parse(named(name));
        long seed = Seeds.next();
        byte[] traffic = traffic(new Random(seed), 400_000);
        ByteBuf bytes = Unpooled.wrappedBuffer(traffic);
        int found = 0;
        try (FrameProbe probe = new FrameProbe(format)) {
            for (int at = 0; at < traffic.length; at++) {
                found += probe.probe(bytes, at, traffic.length) > 0 ? 1 : 0;
            }
        }
        double expected = FormatEvidence.falseFramesPerGigabyteOfTraffic(format) * traffic.length / 1e9;
        assertThat((double) found).as("seed %d", seed).isLessThanOrEqualTo(2 * expected + 5);
    }

    /** Half zeros in runs, FF in runs, small numbers, text, and noise between. */
    private static byte[] traffic(Random random, int size) {
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; ) {
            int kind = random.nextInt(4);
            int run = 1 + random.nextInt(6);
            for (int i = 0; i < run && at < size; i++) {
                bytes[at++] = (byte)
                        switch (kind) {
                            case 0, 1 -> random.nextInt(5) == 0 ? random.nextInt(32) : 0;
                            case 2 -> random.nextInt(4) == 0 ? 0xFF : 'a' + random.nextInt(26);
                            default -> random.nextInt(256);
                        };
            }
        }
        return bytes;
    }

    @Test
    void aChecksumThatZerosPassProvesNothing() {
        String sum = format("""
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 1, max: 255}
              payload: {at: 2}
              check: {algorithm: %s, from: 0, to: payload-end, at: payload-end}
            """);
        assertThat(parse(sum.formatted("crc16-xmodem")).canResynchronise())
                .as("the check of zeros is zero")
                .isFalse();
        assertThat(parse(sum.formatted("crc16-x25")).canResynchronise()).isTrue();
        FrameFormat withSync = parse(sum.formatted("crc16-xmodem")
                .replace("header: [{name: type, at: 0", "sync: {bytes: \"A5\"}\n    header: [{name: type, at: 3")
                .replace("payload: {at: 2}", "payload: {at: 4}"));
        assertThat(withSync.canResynchronise()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "A55A, FFFF, 16, 16", "0000, FFFF, 16, 1.5", "FFFF, FFFF, 16, 4.5", "0001, FFFF, 16, 5", "0300, FFFF, 16, 5",
        "D300, FFFC, 14, 9", "7EA0, FFF0, 12, 12", "B562, FFFF, 16, 12", "5555, FFFF, 16, 8.5", "A55A, 0000, 0, 0"
    })
    void aFixedByteProvesNoMoreThanItsCommonestUseAllows(String value, String mask, int random, double traffic) {
        BytePattern pattern = new BytePattern(2, Long.parseLong(value, 16), Long.parseLong(mask, 16));
        assertThat(FixedBits.of(pattern).randomBits()).isEqualTo(random);
        assertThat(FixedBits.of(pattern).trafficBits()).isEqualTo(traffic);
    }

    /** However a constant is laid out, its bytes on the wire are what counts. */
    @Test
    void constantsCountByTheirBytesOnTheWire() {
        FixedBits bits = new FixedBits(4);
        bits.fix(new BitField(0, 2, Endian.LITTLE, 0, 16), 0x00A5);
        bits.fix(new BitField(2, 2, Endian.BIG, 4, 8), 0x00);
        assertThat(bits.randomBits()).isEqualTo(24);
        assertThat(bits.trafficBits()).isEqualTo(8 + 1 + 1 + 1);
    }
}
