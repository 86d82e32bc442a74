package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.Check;
import dev.tunbridge.protocol.frame.ChecksumAlgorithm;
import dev.tunbridge.protocol.frame.CrcCatalogue;
import dev.tunbridge.protocol.frame.Escape;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.recording.PcapngWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Wireshark shows of a recording what was written, by a dissector that comes of the description alone. All connections are in one recording, each to
 * a port and with a dissector of its own, for tshark takes longer to start than to read; it is read once, and once in two passes, as Wireshark's
 * window reads it. {@code -Dtunbridge.dissector.frames=2000} writes more.
 */
class DissectorTest {
    private static final int FRAMES = Integer.getInteger("tunbridge.dissector.frames", 40);
    private static final int SHORT_SEGMENTS = 700;

    /** Many a frame lies in more than two of them. */
    private static final int TINY_SEGMENTS = 150;

    private static final int LONG_SEGMENTS = 9_000;
    private static final int FIRST_PORT = 7_001;
    private static final String SIGNED = "mavlink, signed";
    private static final int HEARTBEAT_EXTRA = 50;

    @TempDir
    static Path folder;

    private static final long SEED = Long.getLong("tunbridge.seed", new Random().nextLong());
    private static final Map<String, Recorded> RECORDED = new LinkedHashMap<>();

    /** One connection: what was written, what the recording lacks, and what was shown in one pass and in two. */
    private static final class Recorded {
        final Protocol protocol;
        final RecordedTraffic traffic;
        final int mostSegmentBytes;
        final RecordedTraffic.Loss loss;
        Tshark.Both once = new Tshark.Both(Tshark.Shown.nothing(), Tshark.Shown.nothing());
        Tshark.Both twice = once;

        Recorded(Protocol protocol, int mostSegmentBytes, Function<RecordedTraffic, RecordedTraffic.Loss> damage) {
            this.protocol = protocol;
            this.mostSegmentBytes = mostSegmentBytes;
            traffic = new RecordedTraffic(protocol, SEED).login().traffic(FRAMES);
            loss = damage.apply(traffic);
        }
    }

    private static void record(String what, Protocol protocol, int mostSegmentBytes) {
        RECORDED.put(what, new Recorded(protocol, mostSegmentBytes, written -> RecordedTraffic.NONE));
    }

    @BeforeAll
    static void recordsAllAndLetsTsharkReadIt() throws Exception {
        for (String name : shipped()) {
            record(name, Protocol.builtin(name), SHORT_SEGMENTS);
            record(name + ", long", Protocol.builtin(name), LONG_SEGMENTS);
        }
        checks().forEach(check -> record(check, checkedBy(check), SHORT_SEGMENTS));
        framings().forEach(frame -> record(frame, framed(frame), SHORT_SEGMENTS));
        thatFindTheWayBack().forEach((name, protocol) -> {
            RECORDED.put(name + ", flipped", new Recorded(protocol, SHORT_SEGMENTS, DissectorTest::flipABit));
            RECORDED.put(name + ", worn", new Recorded(protocol, SHORT_SEGMENTS, DissectorTest::damageAllOfAThird));
            RECORDED.put(name + ", lost", new Recorded(protocol, SHORT_SEGMENTS, DissectorTest::loseASegment));
            RECORDED.put(name + ", lost of many", new Recorded(protocol, TINY_SEGMENTS, DissectorTest::loseASegment));
        });
        RECORDED.put(SIGNED, new Recorded(Protocol.builtin("mavlink"), SHORT_SEGMENTS, DissectorTest::addASignedFrame));
        RECORDED.put("cut", new Recorded(Protocol.builtin("plain-le"), 60, DissectorTest::loseTheMiddle));
        Map<Integer, Protocol> byPort = new TreeMap<>();
        Path file = folder.resolve("recorded");
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            int interfaceId = writer.addInterface("any");
            int port = FIRST_PORT;
            for (Recorded each : RECORDED.values()) {
                byPort.put(port, each.protocol);
                each.traffic.writeTo(writer, interfaceId, port++, each.mostSegmentBytes, each.loss);
            }
        }
        Tshark tshark = new Tshark(byPort, folder);
        Map<Integer, Tshark.Both> once = tshark.read(file);
        Map<Integer, Tshark.Both> twice = tshark.read(file, "-2", "-R", "tcp");
        int port = FIRST_PORT;
        for (Recorded each : RECORDED.values()) {
            each.once = Objects.requireNonNull(once.get(port));
            each.twice = Objects.requireNonNull(twice.get(port++));
        }
    }

    @AfterAll
    static void closesAll() {
        RECORDED.values().forEach(each -> each.traffic.close());
        RECORDED.clear();
    }

    private static Recorded recorded(String what) {
        return Objects.requireNonNull(RECORDED.get(what), what);
    }

    static List<String> shipped() {
        return Protocol.builtinNames();
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void showsEveryFrameOfAShippedFormatAsItWasWritten(String name) {
        showsAll(name);
        showsAll(name + ", long");
    }

    private static void showsAll(String what) {
        Recorded it = recorded(what);
        assertThat(it.traffic.fromClient.written.size() + it.traffic.fromServer.written.size())
                .isGreaterThanOrEqualTo(FRAMES);
        showsAll(what + ", from the client", it.protocol, it.traffic.fromClient, it.once.fromClient());
        showsAll(what + ", from the server", it.protocol, it.traffic.fromServer, it.once.fromServer());
        showsAll(what + ", client, two passes", it.protocol, it.traffic.fromClient, it.twice.fromClient());
        showsAll(what + ", server, two passes", it.protocol, it.traffic.fromServer, it.twice.fromServer());
    }

    private static void showsAll(
            String name, Protocol protocol, RecordedTraffic.Direction written, Tshark.Shown shown) {
        String what = name + ", seed " + SEED;
        List<RecordedTraffic.Written> framed = written.written.stream()
                .filter(RecordedTraffic.Written::isFramed)
                .toList();
        assertThat(shown.faults()).as(what).isEmpty();
        assertThat(shown.messages())
                .as(what)
                .isEqualTo(written.written.stream()
                        .map(RecordedTraffic.Written::message)
                        .toList());
        assertThat(shown.payloadBytes())
                .as(what)
                .isEqualTo(framed.stream()
                        .map(RecordedTraffic.Written::payloadBytes)
                        .toList());
        int checks = framed.stream()
                .mapToInt(frame -> checksOf(protocol.format(), frame))
                .sum();
        assertThat(shown.checks()).as(what).hasSize(checks).allMatch("1"::equals);
        int headerChecks = protocol.format().headerCheck().isPresent() ? framed.size() : 0;
        assertThat(shown.headerChecks()).as(what).hasSize(headerChecks).allMatch("1"::equals);
        assertThat(shown.v4Sources()).as(what).isEqualTo(written.v4Sources);
        assertThat(shown.v6Sources()).as(what).isEqualTo(written.v6Sources);
    }

    private static int checksOf(FrameFormat format, RecordedTraffic.Written frame) {
        if (format.escape() == Escape.SML) {
            return 1; // in its closing mark
        }
        Optional<Check> check = shapeOf(format, frame).check();
        int every = check.map(Check::every).orElse(0);
        return every > 0 ? (frame.payloadBytes() + every - 1) / every : check.isPresent() ? 1 : 0;
    }

    private static FrameFormat shapeOf(FrameFormat format, RecordedTraffic.Written frame) {
        return format.shapeOf(format.type(frame.message()).orElseThrow()).orElseThrow();
    }

    static List<String> checks() {
        return List.of(
                "{algorithm: crc8-maxim, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: crc16-ccitt-false, from: 0, to: payload-end, at: payload-end}",
                "{algorithm: crc24-q, from: 0, to: payload-end, at: payload-end, endian: little}",
                "{algorithm: crc24-ble, from: 0, to: payload-end, at: payload-end}",
                "{algorithm: crc32, from: 2, to: payload-end, at: payload-end, endian: little}",
                "{algorithm: crc32-bzip2, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: crc, width: 16, poly: 0x8BB7, init: 0x1234, refin: true, refout: false, xorout: 0x00FF,"
                        + " from: 2, to: payload-end, at: payload-end}",
                "{algorithm: crc, width: 24, poly: 0x5D6DCB, init: 0xFEDCBA, refin: false, refout: true, xorout: 1,"
                        + " from: 2, to: payload-end, at: payload-end}",
                "{algorithm: sum, size: 2, init: 7, complement: ones, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: sum, size: 4, complement: none, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: lrc, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: xor, init: 0x55, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: fletcher, modulus: 255, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: fletcher, modulus: 256, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: adler32, from: 2, to: payload-end, at: payload-end}",
                "{algorithm: crc16-dnp, from: payload-start, to: payload-end, at: payload-end, every: 8}",
                "{algorithm: crc32, from: 2, to: payload-end, at: payload-end, encoding: ascii-hex}",
                "{algorithm: sum, size: 2, from: 2, to: payload-end, at: payload-end, encoding: ascii-hex, endian: little,"
                        + " separator: \"3A 20\"}");
    }

    private static final String TYPES = """
            types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 7, packet: 8, tcp: 9, udp: 10}
            """;

    private static Protocol framed(String frame) {
        return Protocol.parse("name: acme\nframe:\n" + frame.indent(2) + TYPES, "acme.yaml");
    }

    private static Protocol checkedBy(String check) {
        return framed("""
                sync: {bytes: "A5 5A"}
                header: [{name: type, at: 2, size: 1}]
                length: {at: 4, size: 2, counts: payload, max: 2048}
                payload: {at: 6}
                check: %s
                """.formatted(check));
    }

    @ParameterizedTest
    @MethodSource("checks")
    void worksOutEachCheckOfTheLanguage(String check) {
        showsAll(check);
    }

    static List<String> framings() {
        String checked = "check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}\n";
        String delimited = "header: [{name: type, at: 0, size: 1}]\npayload: {at: 1, max: 2048}\n" + checked;
        return List.of(
                delimited + "escape: slip\n",
                delimited + "escape: slip\nflags: shared\n",
                delimited + "escape: hdlc\nflags: shared\n",
                delimited + "escape: cobs\n",
                delimited + "escape: dle\n",
                """
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 2, counts: payload, max: 2048}
                payload: {at: 3}
                escape: slip
                """,
                """
                sync: {bytes: "D3 00", mask: "FF F0"}
                header: [{name: type, at: 3, size: 1}]
                length: {at: 1, size: 2, bits: 12, counts: after-length, max: 2048}
                payload: {at: 4}
                check: {algorithm: crc24-q, from: 0, to: payload-end, at: payload-end}
                """,
                """
                sync: {bytes: "7E A0"}
                header: [{name: type, at: 4, size: 1}]
                length: {at: 2, size: 2, counts: payload, max: 2048}
                payload: {at: 5}
                check: {algorithm: crc16-x25, from: 1, to: payload-end, at: payload-end}
                trailer: "7E"
                flags: shared
                """,
                """
                header: [{name: type, at: 5, size: 1}, {name: version, at: 4, size: 1, shift: 4, bits: 4, value: 9}]
                length: {at: 0, size: 4, encoding: ascii-hex, counts: payload, max: 2048}
                payload: {at: 8}
                headerCheck: {algorithm: crc16-dnp, from: 0, to: 6, at: 6, endian: little}
                """,
                """
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 2, encoding: bcd, endian: little, counts: payload, adjust: 3, max: 2048}
                payload: {at: 3}
                trailer: "0D 0A"
                """,
                """
                sync: {bytes: "68"}
                header: [{name: type, at: 6, size: 1}]
                length: {at: 1, size: 2, repeatedAt: 3, counts: payload, max: 2048}
                payload: {at: 7}
                """,
                """
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 1, bits: 7, encoding: staged, counts: payload, max: 2048}
                payload: {at: length-end}
                """,
                """
                header: [{name: type, at: 0, size: 4}]
                length: {at: 4, size: 3, encoding: varint, counts: after-length, max: 2048}
                payload: {at: length-end}
                check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}
                """,
                """
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 5, encoding: ascii-decimal, until: "0D 0A", counts: payload, max: 2048}
                payload: {at: length-end}
                """,
                """
                header: [{name: type, at: 0, size: 1}]
                length: {at: 1, size: 5, encoding: ascii-decimal, counts: payload, max: 2048}
                payload: {at: 6}
                """,
                """
                header: [{name: masked, at: 0, size: 1, shift: 7, bits: 1}, {name: type, at: 0, size: 1, bits: 7}]
                length: {at: 1, size: 3, encoding: varint, counts: payload, max: 2048}
                payload: {at: length-end}
                mask: {when: masked, size: 8}
                """,
                """
                crcExtra: {1: 17, 2: 0, 3: 255, 4: 4, 5: 5, 6: 6, 7: 7, 8: 128, 9: 9, 10: 10}
                shapes:
                  - sync: {bytes: "55 AA"}
                    header: [{name: signed, at: 2, size: 1, bits: 1}, {name: type, at: 3, size: 4, endian: little}]
                    length: {at: 7, size: 2, counts: payload, max: 2048}
                    payload: {at: 9}
                    check: {algorithm: crc32, from: 1, to: payload-end, at: payload-end}
                    signature: {when: signed, size: 6}
                  - sync: {bytes: "56"}
                    header: [{name: type, at: 1, size: 1}]
                    payload: {at: 2, size: 9}
                    check: {algorithm: crc16-x25, from: 1, to: payload-end, at: payload-end}
                """);
    }

    @ParameterizedTest
    @MethodSource("framings")
    void readsEachFramingAndEscapeOfTheLanguage(String frame) {
        showsAll(frame);
    }

    private static List<String> names(List<RecordedTraffic.Written> written) {
        return written.stream().map(RecordedTraffic.Written::message).toList();
    }

    static Map<String, Protocol> thatFindTheWayBack() {
        String delimited = """
                header: [{name: type, at: 0, size: 1}]
                payload: {at: 1, max: 2048}
                check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}
                escape: %s
                """;
        Map<String, Protocol> protocols = new LinkedHashMap<>();
        protocols.put("reference", Protocol.builtin("reference"));
        protocols.put("hdlc", Protocol.builtin("hdlc"));
        for (String escape : List.of("slip", "cobs", "dle")) {
            protocols.put(escape, framed(delimited.formatted(escape)));
        }
        for (String shipped : List.of("nmea", "dnp3", "mavlink", "ft12", "sml", "stomp")) {
            protocols.put(shipped, Protocol.builtin(shipped));
        }
        return protocols;
    }

    /** What a check tells of. */
    static List<String> namesOfCheckedOnes() {
        return thatFindTheWayBack().keySet().stream()
                .filter(name -> !name.equals("stomp"))
                .toList();
    }

    static Set<String> namesOfThose() {
        return thatFindTheWayBack().keySet();
    }

    private static RecordedTraffic.Written longOne(RecordedTraffic.Direction direction) {
        List<RecordedTraffic.Written> written = direction.written;
        return written.subList(written.size() / 3, written.size()).stream()
                .max(Comparator.comparingInt(frame -> Math.min(200, frame.payloadBytes())))
                .orElseThrow();
    }

    /** In the row of x, where no mark, escape or count of an escape can be. */
    private static RecordedTraffic.Loss flipABit(RecordedTraffic traffic) {
        while (rowAt(traffic.fromServer) < 0) {
            traffic.traffic(1); // with few frames that hold content, none of them may be here
        }
        int at = rowAt(traffic.fromServer) + RecordedTraffic.INCONSPICUOUS_BYTES / 2;
        traffic.fromServer.bytes.setByte(at, traffic.fromServer.bytes.getByte(at) ^ 0x04);
        return RecordedTraffic.NONE;
    }

    /** Where the first row of x behind a third of the frames begins; -1 where there is none. */
    private static int rowAt(RecordedTraffic.Direction direction) {
        List<RecordedTraffic.Written> written = direction.written;
        if (written.isEmpty()) {
            return -1;
        }
        int from = (int) written.get(written.size() / 3).firstByte();
        ByteBuf row = Unpooled.copiedBuffer("x".repeat(RecordedTraffic.INCONSPICUOUS_BYTES), StandardCharsets.US_ASCII);
        int index = ByteBufUtil.indexOf(row, direction.bytes.slice(from, direction.bytes.writerIndex() - from));
        return index < 0 ? -1 : from + index;
    }

    @ParameterizedTest
    @MethodSource("namesOfCheckedOnes")
    void tellsAFlippedBitAndReadsTheFramesBehindIt(String name) {
        Recorded it = recorded(name + ", flipped");
        Tshark.Shown shown = it.once.fromServer();
        String what = name + ", seed " + SEED;
        assertThat(shown.checks()).as(what).containsOnlyOnce("0");
        assertThat(shown.faults()).as(what).containsExactly("check");
        assertThat(shown.messages()).as(what).isEqualTo(names(it.traffic.fromServer.written));
    }

    /** Many in a row are bad, in segments of their own: far more than a frame can claim for itself. */
    private static RecordedTraffic.Loss damageAllOfAThird(RecordedTraffic traffic) {
        List<RecordedTraffic.Written> written = traffic.fromServer.written;
        for (RecordedTraffic.Written frame : written.subList(written.size() / 3, 2 * written.size() / 3)) {
            int last = (int) frame.behindLast() - 2; // of what checks it, or the byte in front
            traffic.fromServer.bytes.setByte(last, traffic.fromServer.bytes.getByte(last) ^ 0x04);
        }
        return RecordedTraffic.NONE;
    }

    /** What is bad in a later segment is not told as bytes that the recording lacks. */
    @ParameterizedTest
    @MethodSource("namesOfCheckedOnes")
    void tellsManyBadFramesInARowFromBytesThatAreMissing(String name) {
        Recorded it = recorded(name + ", worn");
        String what = name + ", seed " + SEED;
        assertThat(it.once.fromServer().faults()).as(what).isNotEmpty().noneMatch(fault -> fault.contains("missing"));
        assertThat(it.twice.fromServer().faults()).as(what).noneMatch(fault -> fault.contains("missing"));
    }

    private static boolean isLost(long hole, long first, long behind) {
        return first <= hole && hole < behind;
    }

    private static final Map<RecordedTraffic, long[]> LOST = new HashMap<>();

    private static RecordedTraffic.Loss loseASegment(RecordedTraffic traffic) {
        RecordedTraffic.Written cut = longOne(traffic.fromServer);
        long hole = cut.firstByte() + Math.min(100, cut.payloadBytes() / 2);
        return (isFromServer, first, behind) -> {
            boolean isIt = isFromServer && isLost(hole, first, behind);
            if (isIt) {
                LOST.put(traffic, new long[] {first, behind});
            }
            return isIt;
        };
    }

    @ParameterizedTest
    @MethodSource("namesOfThose")
    void findsTheFrameBehindALostSegment(String name) {
        findsTheFrameBehindTheLostSegmentOf(name + ", lost");
        findsTheFrameBehindTheLostSegmentOf(name + ", lost of many");
    }

    /** Frames of a shape that proves too little count behind another alone. */
    private static boolean isSearched(FrameFormat format, RecordedTraffic.Written frame) {
        return !frame.isFramed() || shapeOf(format, frame).canResynchronise();
    }

    private static void findsTheFrameBehindTheLostSegmentOf(String name) {
        Recorded it = recorded(name);
        long[] lost = Objects.requireNonNull(LOST.get(it.traffic));
        Tshark.Shown shown = it.once.fromServer();
        long found = it.traffic.fromServer.written.stream()
                .filter(frame -> frame.firstByte() >= lost[1] && isSearched(it.protocol.format(), frame))
                .mapToLong(RecordedTraffic.Written::firstByte)
                .findFirst()
                .orElse(Long.MAX_VALUE);
        List<String> whole = wholeBut(it, lost[0], lost[1]);
        List<String> certain = wholeBut(it, lost[0], found);
        String what = name + ", seed " + SEED;
        assertThat(shown.checks()).as(what).doesNotContain("0");
        // A frame that the segment behind the hole begins with has lost the flag that it may share with the one before.
        // Where no delimiter tells frames apart, a false start among the bytes behind the hole may hide one.
        boolean mayHideOne = it.protocol.format().escape() == Escape.NONE
                || it.traffic.fromServer.written.stream().anyMatch(frame -> frame.firstByte() == lost[1]);
        assertThat(shown.messages())
                .as(what)
                .isSubsetOf(whole)
                .hasSizeBetween(certain.size() - (mayHideOne ? 1 : 0), whole.size());
    }

    /** Frames that end before the first of these bytes, or begin at the second or later. */
    private static List<String> wholeBut(Recorded it, long first, long behind) {
        return it.traffic.fromServer.written.stream()
                .filter(frame -> frame.behindLast() <= first || frame.firstByte() >= behind)
                .map(RecordedTraffic.Written::message)
                .toList();
    }

    /** A heartbeat of MAVLink 2, which is never written signed. */
    private static RecordedTraffic.Loss addASignedFrame(RecordedTraffic traffic) {
        RecordedTraffic.Direction direction = traffic.fromClient;
        int first = direction.bytes.writerIndex();
        direction.bytes.writeByte(0xFD).writeByte(9).writeByte(1).writeZero(7).writeZero(9);
        ByteBuf checked = direction.bytes.copy(first + 1, 18).writeByte(HEARTBEAT_EXTRA);
        ChecksumAlgorithm crc = Objects.requireNonNull(CrcCatalogue.all().get("crc16-mcrf4xx"));
        direction.bytes.writeShortLE((int) crc.newChecksum().compute(checked, 0, 19));
        direction.bytes.writeBytes(new byte[13]);
        int behind = direction.bytes.writerIndex();
        direction.written.add(new RecordedTraffic.Written("heartbeat", 9, true, first, behind));
        return RecordedTraffic.NONE;
    }

    @Test
    void passesOverWhatABitBringsBehindAFrame() {
        showsAll(SIGNED);
    }

    private static RecordedTraffic.Loss loseTheMiddle(RecordedTraffic traffic) {
        RecordedTraffic.Written cut = longOne(traffic.fromServer);
        return (isFromServer, first, behind) ->
                isFromServer && first > cut.firstByte() + 4 && behind < cut.behindLast();
    }

    @Test
    void goesOnByTheLengthWhereAFrameLacksItsMiddle() {
        Recorded it = recorded("cut");
        List<RecordedTraffic.Written> whole = new ArrayList<>(it.traffic.fromServer.written);
        whole.remove(longOne(it.traffic.fromServer));
        assertThat(it.once.fromServer().faults()).as("seed " + SEED).isEmpty();
        assertThat(it.once.fromServer().messages()).as("seed " + SEED).isEqualTo(names(whole));
    }
}
