package dev.tunbridge.bridge.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.protocol.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wireshark shows of a recording what was written, by a dissector that comes of the description alone. */
class DissectorTest {
    private static final int FRAMES = 150;
    private static final int SHORT_SEGMENTS = 700;
    private static final int LONG_SEGMENTS = 9_000;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("tunbridge.seed", new Random().nextLong());

    static List<String> shipped() {
        return Protocol.builtinNames();
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void showsEveryFrameOfAShippedFormatAsItWasWritten(String name) throws Exception {
        showsAll(Protocol.builtin(name), SHORT_SEGMENTS);
        showsAll(Protocol.builtin(name), LONG_SEGMENTS);
    }

    private void showsAll(Protocol protocol, int mostSegmentBytes) throws Exception {
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            Path file = traffic.writeTo(folder.resolve("recorded"), mostSegmentBytes, RecordedTraffic.NONE);
            Tshark tshark = new Tshark(protocol, folder);
            Tshark.Both once = tshark.read(file);
            showsAll(protocol, traffic.fromClient, once.fromClient());
            showsAll(protocol, traffic.fromServer, once.fromServer());
            Tshark.Both twice =
                    tshark.read(file, "-2", "-R", "tcp"); // as Wireshark's window does when a packet is clicked on
            showsAll(protocol, traffic.fromClient, twice.fromClient());
            showsAll(protocol, traffic.fromServer, twice.fromServer());
        }
    }

    private void showsAll(Protocol protocol, RecordedTraffic.Direction written, Tshark.Shown shown) {
        String what = protocol.format().name() + ", seed " + seed;
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
        int checks = protocol.format().check().isPresent() ? framed.size() : 0;
        assertThat(shown.checks()).as(what).hasSize(checks).allMatch("1"::equals);
        int headerChecks = protocol.format().headerCheck().isPresent() ? framed.size() : 0;
        assertThat(shown.headerChecks()).as(what).hasSize(headerChecks).allMatch("1"::equals);
        assertThat(shown.v4Sources()).as(what).isEqualTo(written.v4Sources);
        assertThat(shown.v6Sources()).as(what).isEqualTo(written.v6Sources);
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
                "{algorithm: adler32, from: 2, to: payload-end, at: payload-end}");
    }

    private static final String TYPES = """
            types: {hello: 1, welcome: 2, reject: 3, keepalive: 4, keepalive-ack: 5, bye: 6, app: 7, packet: 8, tcp: 9, udp: 10}
            """;

    private static Protocol framed(String frame) {
        return Protocol.parse("name: acme\nframe:\n" + frame.indent(2) + TYPES, "acme.yaml");
    }

    @ParameterizedTest
    @MethodSource("checks")
    void worksOutEachCheckOfTheLanguage(String check) throws Exception {
        showsAll(framed("""
                sync: {bytes: "A5 5A"}
                header: [{name: type, at: 2, size: 1}]
                length: {at: 4, size: 2, counts: payload, max: 2048}
                payload: {at: 6}
                check: %s
                """.formatted(check)), SHORT_SEGMENTS);
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
                """);
    }

    @ParameterizedTest
    @MethodSource("framings")
    void readsEachFramingAndEscapeOfTheLanguage(String frame) throws Exception {
        showsAll(framed(frame), SHORT_SEGMENTS);
    }

    private static List<String> names(List<RecordedTraffic.Written> written) {
        return written.stream().map(RecordedTraffic.Written::message).toList();
    }

    static List<Protocol> thatFindTheWayBack() {
        String delimited = """
                header: [{name: type, at: 0, size: 1}]
                payload: {at: 1, max: 2048}
                check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}
                escape: %s
                """;
        return List.of(
                Protocol.builtin("reference"),
                Protocol.builtin("hdlc"),
                framed(delimited.formatted("slip")),
                framed(delimited.formatted("cobs")),
                framed(delimited.formatted("dle")));
    }

    private static RecordedTraffic.Written longOne(RecordedTraffic.Direction direction) {
        List<RecordedTraffic.Written> written = direction.written;
        return written.subList(written.size() / 3, written.size()).stream()
                .filter(frame -> frame.payloadBytes() > 200)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("thatFindTheWayBack")
    void tellsAFlippedBitAndReadsTheFramesBehindIt(Protocol protocol) throws Exception {
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            RecordedTraffic.Written damaged = longOne(traffic.fromServer);
            // In the row of x, where no mark, escape or count of an escape can be.
            int first = (int) damaged.firstByte();
            ByteBuf row =
                    Unpooled.copiedBuffer("x".repeat(RecordedTraffic.INCONSPICUOUS_BYTES), StandardCharsets.US_ASCII);
            int at = first
                    + ByteBufUtil.indexOf(row, traffic.fromServer.bytes.slice(first, 200))
                    + row.readableBytes() / 2;
            traffic.fromServer.bytes.setByte(at, traffic.fromServer.bytes.getByte(at) ^ 0x04);
            Path file = traffic.writeTo(folder.resolve("recorded"), SHORT_SEGMENTS, RecordedTraffic.NONE);
            Tshark.Shown shown = new Tshark(protocol, folder).read(file).fromServer();
            String what = protocol.format().escape() + ", seed " + seed;
            assertThat(shown.checks()).as(what).containsOnlyOnce("0");
            assertThat(shown.faults()).as(what).containsExactly("check");
            assertThat(shown.messages()).as(what).isEqualTo(names(traffic.fromServer.written));
        }
    }

    @ParameterizedTest
    @MethodSource("thatFindTheWayBack")
    void findsTheFrameBehindALostSegment(Protocol protocol) throws Exception {
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            long hole = longOne(traffic.fromServer).firstByte() + 100;
            long[] lost = new long[2];
            RecordedTraffic.Loss loss = (isFromServer, first, behind) -> {
                boolean isIt = isFromServer && first <= hole && hole < behind;
                if (isIt) {
                    lost[0] = first;
                    lost[1] = behind;
                }
                return isIt;
            };
            Path file = traffic.writeTo(folder.resolve("recorded"), SHORT_SEGMENTS, loss);
            Tshark.Shown shown = new Tshark(protocol, folder).read(file).fromServer();
            List<String> whole = traffic.fromServer.written.stream()
                    .filter(frame -> frame.behindLast() <= lost[0] || frame.firstByte() >= lost[1])
                    .map(RecordedTraffic.Written::message)
                    .toList();
            String what = protocol.format().escape() + ", seed " + seed;
            // The frame that the segment behind the hole begins in, or begins with, may be no whole one to a delimiter.
            assertThat(shown.checks()).as(what).doesNotContain("0");
            assertThat(shown.messages()).as(what).isSubsetOf(whole).hasSizeBetween(whole.size() - 1, whole.size());
            assertThat(shown.messages()
                            .subList(
                                    shown.messages().size() - 10,
                                    shown.messages().size()))
                    .as(what)
                    .isEqualTo(whole.subList(whole.size() - 10, whole.size()));
        }
    }

    @Test
    void goesOnByTheLengthWhereAFrameLacksItsMiddle() throws Exception {
        Protocol protocol = Protocol.builtin("plain-le");
        try (RecordedTraffic traffic =
                new RecordedTraffic(protocol, seed).login().traffic(FRAMES)) {
            RecordedTraffic.Written cut = longOne(traffic.fromServer);
            RecordedTraffic.Loss loss = (isFromServer, first, behind) ->
                    isFromServer && first > cut.firstByte() + 4 && behind < cut.behindLast();
            Path file = traffic.writeTo(folder.resolve("recorded"), 60, loss);
            Tshark.Shown shown = new Tshark(protocol, folder).read(file).fromServer();
            List<RecordedTraffic.Written> whole = new ArrayList<>(traffic.fromServer.written);
            whole.remove(cut);
            assertThat(shown.faults()).as("seed " + seed).isEmpty();
            assertThat(shown.messages()).as("seed " + seed).isEqualTo(names(whole));
        }
    }
}
