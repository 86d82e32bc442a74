package dev.tunbridge.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A description works, or is refused with the key and the reason. */
class FrameFormatTest {
    private static final String PLAIN = """
            name: acme
            frame:
              sync: {bytes: "A5 5A"}
              header:
                - {name: type, at: 2, size: 1}
                - {name: sequence, at: 3, size: 1}
              length: {at: 4, size: 2, endian: big, counts: payload, adjust: 0, max: 2048}
              payload: {at: 6}
              check: {algorithm: crc16-x25, from: 2, to: payload-end, at: payload-end, endian: big}
              trailer: ""
              escape: none
            resync: {boundaries: anchored, maxScan: 65536}
            types: {hello: 0x01, welcome: 0x02}
            keepalive: {every: 15s, deadAfter: 45s}
            """;

    @Test
    void theDescriptionAboveWorks() {
        FrameFormat format = FrameFormat.parse(PLAIN, "acme.yaml");
        assertThat(format.overheadBytes()).isEqualTo(8);
        assertThat(format.maxFrameBytes()).isEqualTo(2056);
        assertThat(format.type("welcome")).hasValue(2);
        assertThat(format.type("reject")).isEmpty();
        assertThat(format.fieldIndex("sequence")).hasValue(1);
        assertThat(format.fieldIndex("nonsense")).isEmpty();
        assertThat(format.deadAfterNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(45));
        assertThat(format.canResynchronise()).isTrue();
    }

    /** Each line: what to replace in the description above, with what, the key that is named, the reason. */
    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "name: acme | nick: acme | nick | is an unknown key; allowed frame, keepalive, mapper, messages, name",
                "at: 3, size: 1 | at: 3 | frame.header[1].size | is missing",
                "name: acme | name: [1] | name | is a list; allowed: text",
                "name: acme | name: 5 | name | is the number 5; allowed: text, here in quotes: \"5\"",
                "name: acme | name: acme¶speed: 9 | speed | is an unknown key; allowed frame, keepalive, mapper, messages, name",
                "trailer: | tailer: | frame.tailer | is an unknown key; the nearest is trailer; allowed check, crcExtra, end, escape, flags, header, headerCheck",
                "max: 2048 | max: 2048, most: 9 | frame.length.most | is an unknown key",
                "size: 1} | size: 1, bit: 3} | frame.header[0].bit | is an unknown key; the nearest is bits;",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 5\"} | frame.sync.bytes | two hexadecimal digits each",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 XX\"} | frame.sync.bytes | is \"A5 XX\"; allowed: up to 8 bytes",
                "{bytes: \"A5 5A\"} | {bytes: \"\"} | frame.sync.bytes | is empty",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 5A\", mask: \"FF\"} | frame.sync.mask | has 1 bytes; allowed 2",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 5A\", mask: \"FF F0\"} | frame.sync.bytes | has bits that",
                "{bytes: \"A5 5A\"} | {bytes: \"00 00\", mask: \"00 00\"} | frame.sync.mask | leaves no bit to look for",
                "{bytes: \"A5 5A\"} | A55A | frame.sync | is \"A55A\"; allowed: keys with values",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 40 00 00 00 00 00 00\"} | frame.sync | has 8 bytes; allowed up to the payload at 6",
                "{bytes: \"A5 5A\"} | {bytes: \"A5 5A 00\", mask: \"FF FF 01\"} | frame.header.type | overlaps frame.sync in byte 2",
                "name: type, at: 2 | name: type, at: 1 | frame.header.type | overlaps frame.sync in byte 1;",
                "name: type, at: 2 | name: type, at: 3 | frame.header.sequence | overlaps frame.header.type in byte 3;",
                "name: type, at: 2 | name: type, at: -1 | frame.header.type.at | is -1; allowed 0 or more",
                "name: type, at: 2 | name: kind, at: 2 | types. | allowed 0 alone, for no field of the header is named type",
                "name: sequence | name: type | frame.header.type | is named twice",
                "at: 3, size: 1 | at: 3, size: 4 | frame.header.sequence | reaches byte 7; allowed up to the payload at 6",
                "at: 3, size: 1 | at: 3, size: -1 | frame.header[1].size | is -1; allowed 1 to 8",
                "at: 3, size: 1 | at: 3, size: 1, bits: 9 | frame.header.sequence.bits | 9 bits shifted by 0 do not fit 1",
                "at: 3, size: 1 | at: 3, size: 1, value: 2 | frame.header.sequence.value | does not go with the role",
                "sequence, at: 3, size: 1 | version, at: 3, size: 1, value: 300 | frame.header.version.value | is 300, which does not fit 8 bits; allowed up to 255",
                "at: 4, size: 2 | at: 3, size: 2 | frame.length | overlaps frame.header.sequence in byte 3",
                "at: 4, size: 2 | at: 4, size: 1 | frame.length.max | holds a payload of at most 255 bytes",
                "at: 4, size: 2 | at: 4, size: 2, bits: 11 | frame.length.max | holds a payload of at most 2047 bytes",
                "at: 4, size: 2 | at: 4, size: 2, bits: 17 | frame.length.bits | 17 bits shifted by 0 do not fit 2 bytes",
                "at: 4, size: 2 | at: 4, size: 2, encoding: bcd, bits: 9 | frame.length.bits | goes with encoding binary only",
                "at: 4, size: 2 | at: 4, size: 2, encoding: ascii-hex | frame.length.max | at most 255 bytes",
                "at: 4, size: 2 | at: 4, size: 2, encoding: octal | frame.length.encoding | allowed binary, bcd, ascii-hex",
                "max: 2048 | max: 70000 | frame.length.max | is 70000, but the field holds a payload of at most 65535 bytes",
                "max: 2048 | max: 0 | frame.length.max | is 0; allowed 1 to 1048576",
                "max: 2048 | max: 99999999999 | frame.length.max | is 99999999999; allowed -2147483648",
                "max: 2048 | max: 99999999999999999999 | frame.length.max | allowed: a whole number below 2^63",
                "max: 2048 | max: lots | frame.length.max | is \"lots\"; allowed: a whole number",
                "adjust: 0 | adjust: -2049 | frame.length.adjust | makes the shortest payload 2049 bytes, longer than frame.length.max; "
                        + "allowed: -2048 or more",
                "adjust: 0 | adjust: 63488 | frame.length.max | holds a payload of at most 2047 bytes",
                "counts: payload | counts: frame | frame.length.counts | allowed payload, all, after-length",
                "endian: big, counts | endian: middle, counts | frame.length.endian | allowed big, little",
                "payload: {at: 6} | payload: {at: 5} | frame.length | reaches byte 6; allowed up to the payload at 5",
                "payload: {at: 6} | payload: {at: 257} | frame.payload.at | is 257; allowed 0 to 256",
                "payload: {at: 6} | payload: {at: 6, max: 9} | frame.payload.max | is an unknown key",
                "algorithm: crc16-x25 | algorithm: xro, init: 0x5A | frame.check.algorithm | is \"xro\"; the nearest is xor; allowed none, sum, lrc, xor,",
                "crc16-x25 | crc17 | frame.check.algorithm | is \"crc17\"; allowed none, sum, lrc, xor, fletcher, adler32, crc, crc16-arc",
                "at: payload-end | at: 4 | frame.check.at | lies in what is checked, but a check cannot cover itself",
                "at: payload-end | at: payload-start | frame.check | reaches byte 8; allowed up to the payload at 6",
                "at: payload-end | at: the-end | frame.check.at | is \"the-end\"; allowed: bytes from the frame's start",
                "from: 2 | from: 7 | frame.check.from | is 7; allowed 0 to 6, payload-start, payload-end",
                "from: 2 | from: payload-end | frame.check.to | lies before frame.check.from",
                "from: 2, to: payload-end | from: 2, to: 1 | frame.check.to | lies before frame.check.from",
                "from: 2, to: payload-end | from: 2, to: 2 | frame.check.to | so that nothing is checked",
                "trailer: \"\" | headerCheck: {algorithm: crc8, from: 0, to: payload-end, at: 5} | frame.headerCheck.to "
                        + "| is payload-end; allowed 0 to 6, for the header is checked alone",
                "to: payload-end, at: payload-end, endian: big} | to: 4, at: 4, endian: big}¶  headerCheck: {algorithm: crc8, from: 0, "
                        + "to: 6, at: 8} | frame.headerCheck.at | is 8; allowed 0 to 6",
                "trailer: \"\" | headerCheck: {algorithm: crc8, from: 0, to: 5, at: 5} | frame.headerCheck "
                        + "| overlaps frame.length in byte 5",
                "algorithm: crc16-x25 | algorithm: xor, init: 256 | frame.check.init | is 0x100; allowed: no more than 8 bits",
                "algorithm: crc16-x25 | algorithm: fletcher, modulus: 254 | frame.check.modulus | is 254; allowed 255, 256",
                "algorithm: crc16-x25 | algorithm: sum, size: 5 | frame.check.size | is 5; allowed 1 to 4",
                "algorithm: crc16-x25 | algorithm: crc, width: 12, poly: 1, init: 0, refin: true, refout: true, xorout: 0 "
                        + "| frame.check.width | is 12; allowed 8, 16, 24, 32",
                "algorithm: crc16-x25 | algorithm: crc, width: 8, poly: 0x107, init: 0, refin: true, refout: true, xorout: 0 "
                        + "| frame.check.poly | is 0x107; allowed: odd and no more than 8 bits",
                "algorithm: crc16-x25 | algorithm: crc, width: 8, poly: 7, init: 256, refin: true, refout: true, xorout: 0 "
                        + "| frame.check.init | is 0x100; allowed: no more than 8 bits",
                "algorithm: crc16-x25 | algorithm: crc, width: 8, poly: 7, init: 0, refin: true, refout: true, xorout: 256 "
                        + "| frame.check.xorout | is 0x100; allowed: no more than 8 bits",
                "algorithm: crc16-x25 | algorithm: crc, width: 8, poly: -7, init: 0, refin: true, refout: true, xorout: 0 "
                        + "| frame.check.poly | is -7; allowed 0 to 0xFFFFFFFF",
                "algorithm: crc16-x25 | algorithm: crc, width: 8, poly: 7, init: 0, refin: 1, refout: true, xorout: 0 "
                        + "| frame.check.refin | is the number 1; allowed true, false",
                "trailer: \"\" | trailer: \"0\" | frame.trailer | two hexadecimal digits each",
                "escape: none | escape: hdlc | frame.sync | does not go with an escape",
                "escape: none | escape: base64 | frame.escape | is \"base64\"; allowed none, hdlc, slip, cobs, dle, sml",
                "boundaries: anchored | boundaries: sure | resync.boundaries | allowed proven, anchored, found",
                "{bytes: \"A5 5A\"} | {bytes: 68} | frame.sync.bytes "
                        + "| is the number 68; allowed: hexadecimal bytes in quotes, such as \"68\"",
                "{bytes: \"A5 5A\"} | {bytes: 0xA55A} | frame.sync.bytes "
                        + "| is the number 0xA55A; allowed: hexadecimal bytes in quotes, such as \"A5 5A\"",
                "at: 3, size: 1 | at: 3, size: \"2\" | frame.header[1].size "
                        + "| is the text \"2\"; allowed: a whole number without quotes: 2",
                "payload: {at: 6} | payolad: {at: 6} | frame.payolad | is an unknown key; the nearest is payload; allowed",
                "algorithm: crc16-x25 | algorihtm: crc16-x25 | frame.check.algorihtm | the nearest is algorithm;",
                "from: 2 | from: 2, width: 8 | frame.check.width | is an unknown key; allowed algorithm, at, encoding, endian, every, from",
                "check: {algorithm: crc16-x25, from: 2, to: payload-end, at: payload-end, endian: big} | check: "
                        + "| frame.check | has no value; allowed: a value, or no such key at all",
                "trailer: \"\" | trailer: | frame.trailer | has no value",
                "escape: none | escape: | frame.escape | has no value",
                "endian: big, counts | endian: , counts | frame.length.endian | has no value",
                "resync: {boundaries: anchored, maxScan: 65536} | resync: | resync | has no value",
                "at: 3, size: 1 | at: 3, size: 1, value: | frame.header[1].value | has no value",
                "hello: 0x01 | hello: | types.hello | has no value",
                "maxScan: 65536 | maxScan: -1 | resync.maxScan | is -1; allowed 0 or more",
                "hello: 0x01 | hello: 0x101 | types.hello | is 257; allowed 0 to 255",
                "hello: 0x01 | hello: -1 | types.hello | is -1; allowed 0 to 0xFFFFFFFF",
                "hello: 0x01 | hello: 2 | types. | is 2, which is also types.",
                "{hello: 0x01, welcome: 0x02} | {} | types | is empty",
                "every: 15s | every: 15 | keepalive.every | is 15; allowed: a number with ms, s or m, such as 15s",
                "every: 15s | every: soon | keepalive.every | allowed: a number with ms, s or m, such as 15s",
                "every: 15s | every: 0s | keepalive.deadAfter | must be longer than keepalive.every",
                "every: 15s | every: 45s | keepalive.deadAfter | must be longer than keepalive.every",
                "every: 15s | every: 999999999m | keepalive.every | which is too long",
            })
    void refusesWhatCannotWork(String from, String to, String key, String reason) {
        assertThat(PLAIN).contains(from);
        refuses(PLAIN.replace(from, lines(to)), key, reason);
    }

    private static final String ESCAPED = """
            name: escaped
            frame:
              header: [{name: type, at: 0, size: 1}]
              length: {at: 1, size: 2, counts: payload, max: 2048}
              payload: {at: 3}
              escape: slip
            types: {hello: 1}
            """;

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "counts: payload | counts: all | frame.length.counts | all counts escaped bytes",
                "escape: slip | escape: slip¶  trailer: \"0D\" | frame.trailer | does not go with an escape",
                "escape: slip | escape: slip¶  check: {algorithm: none, from: 1} | frame.check.from | is an unknown key",
                "{at: 1, size: 2, counts: payload, max: 2048} | {at: 1, size: 8, max: 2048} | frame.length | reaches byte 9",
            })
    void refusesEscapesThatCannotWork(String from, String to, String key, String reason) {
        assertThat(ESCAPED).contains(from);
        refuses(ESCAPED.replace(from, lines(to)), key, reason);
    }

    @Test
    void anEscapeNeedsNoLengthButAMaximum() {
        String withoutLength = ESCAPED.replaceAll("  length: .*\n", "");
        refuses(withoutLength, "frame.payload.max", "is missing");
        assertThat(FrameFormat.parse(withoutLength.replace("{at: 3}", "{at: 3, max: 10}"), "x")
                        .maxFrameBytes())
                .isEqualTo(2 * 13 + 2);
    }

    @Test
    void withoutEscapeTheLengthIsNeeded() {
        refuses(PLAIN.replaceAll("  length: .*\n", ""), "frame.length", "is missing; it may be absent only where");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | is empty; allowed: keys with values",
                "name: [ | 1:8: is not YAML: ",
                "name: a¶name: b | 2:1: name: is there twice; allowed: once",
                "name: a¶frame: {b: 1, b: 2} | 2:15: frame.b: is there twice",
                "name: &a b¶frame: *a | 2:8: has an alias",
                "just text | is \"just text\"; allowed: keys with values",
                "? {a: b} : c | 1:3: has a collection for a key",
                "a: !!java.lang.Thread [] | 1:4: a: has the tag",
            })
    void refusesWhatIsNoDescriptionAtAll(String yaml, String reason) {
        assertThatThrownBy(() -> FrameFormat.parse(lines(yaml), "x.yaml"))
                .isInstanceOf(DescriptionException.class)
                .hasMessageStartingWith("x.yaml:")
                .hasMessageContaining(reason);
    }

    @Test
    void loadsAFileAndNamesItInErrors(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("acme.yaml");
        Files.writeString(file, PLAIN);
        assertThat(load(file).name()).isEqualTo("acme");
        Files.writeString(file, PLAIN.replace("0x02", "soon"));
        assertThatThrownBy(() -> load(file))
                .hasMessageStartingWith(file + ":13:31: types.welcome: is \"soon\"; allowed: a whole number\n");
        assertThatThrownBy(() -> load(folder.resolve("none.yaml"))).hasMessageEndingWith(": no such file");
        assertThatThrownBy(() -> load(folder)).hasMessageContaining(": cannot be read: ");
    }

    @Test
    void namesTheBuiltInOnes() {
        assertThatThrownBy(() -> FrameFormat.builtin("../../etc/passwd"))
                .isInstanceOf(DescriptionException.class)
                .hasMessageEndingWith(
                        "no such built-in format; allowed " + String.join(", ", FrameFormat.builtinNames()));
    }

    @ParameterizedTest
    @MethodSource("dev.tunbridge.protocol.frame.FrameFormat#builtinNames")
    void everyBuiltInIsNamedAsItsFile(String name) {
        assertThat(FrameFormat.builtin(name).name()).isEqualTo(name);
    }

    @Test
    void expectsTheFalseFramesThatTheProtocolPagePromises() {
        assertThat(FormatEvidence.falseFramesPerGigabyte(FrameFormat.parse(PLAIN, "x")))
                .isBetween(0.0070, 0.0076);
        String withoutSync = PLAIN.replace("  sync: {bytes: \"A5 5A\"}\n", "");
        assertThat(FormatEvidence.falseFramesPerGigabyte(FrameFormat.parse(withoutSync, "x")))
                .isBetween(470.0, 490.0);
    }

    @Test
    void explainsEachBuiltInInWords() {
        assertThat(FrameFormat.builtin("reference").explain())
                .contains(
                        "overhead 8 bytes a frame",
                        "false frames to expect per gigabyte scanned: 0.0073 in random bytes, up to 0.23 in traffic,"
                                + " where zeros and small numbers are common",
                        "after a bad frame the next one is searched for in 65536 bytes",
                        "recovery past a hole: possible; frames go early from boundaries that are proven or anchored");
        assertThat(FrameFormat.builtin("plain-le").explain())
                .contains(
                        "overhead 4 bytes a frame",
                        "after a bad frame the connection is closed: resync.maxScan is 0",
                        "recovery past a hole: only behind a frame whose header came before the hole (proven)");
        assertThat(FrameFormat.builtin("hdlc").explain())
                .contains("overhead 6 bytes a frame, and one for each payload byte that must be escaped");
    }

    /** A line of the tables above cannot hold a line feed. */
    private static String lines(String yaml) {
        return yaml.replace('¶', '\n');
    }

    private static void refuses(String yaml, String key, String reason) {
        assertThatThrownBy(() -> FrameFormat.parse(yaml, "acme.yaml"))
                .isInstanceOfSatisfying(
                        DescriptionException.class, e -> assertThat(e.key()).startsWith(key))
                .message()
                .matches(message -> message.matches("(?s)acme\\.yaml:[0-9]+:[0-9]+: " + Pattern.quote(key) + ".*"), key)
                .contains(reason);
    }

    /** Line and column of what is wrong, and the line itself: also where the rules between values are broken. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "max: 2048 | max: lots | 7:74",
                "max: 2048 | max: 0 | 7:74",
                "max: 2048 | maxx: 9 | 7:69",
                "name: sequence, at: 3 | name: sequence, at: 2 | 6:7",
                "hello: 0x01 | hello: 0x101 | 13:16",
                "every: 15s | every: 999999999m | 14:20",
                "at: 3, size: 1 | at: 3 | 6:7",
            })
    void tellsThePlaceAndShowsTheLine(String from, String to, String place) {
        String yaml = PLAIN.replace(from, to);
        String[] at = place.split(":", -1);
        int line = Integer.parseInt(at[0]);
        int column = Integer.parseInt(at[1]);
        assertThatThrownBy(() -> FrameFormat.parse(yaml, "acme.yaml"))
                .isInstanceOfSatisfying(DescriptionException.class, e -> {
                    assertThat(e.line()).isEqualTo(line);
                    assertThat(e.column()).isEqualTo(column);
                })
                .message()
                .startsWith("acme.yaml:" + place + ": ")
                .contains("\n  " + line + " | "
                        + yaml.lines().toList().get(line - 1).stripTrailing())
                .endsWith("\n" + " ".repeat(String.valueOf(line).length() + 3) + "| " + " ".repeat(column - 1) + "^");
    }

    @Test
    void nestingIsBounded() {
        assertThatThrownBy(() -> FrameFormat.parse("a: " + "[".repeat(100_000), "x"))
                .isInstanceOf(DescriptionException.class)
                .hasMessageContaining("nested deeper than 32");
    }

    @Test
    void aHeaderCheckCannotCoverTheCheckOfTheFrame() {
        String yaml = PLAIN.replace("payload: {at: 6}", "payload: {at: 9}")
                .replace("from: 2, to: payload-end, at: payload-end", "from: payload-start, to: payload-end, at: 6")
                .replace("trailer: \"\"", "headerCheck: {algorithm: crc8, from: 2, to: 7, at: 8}");
        refuses(yaml, "frame.check.at", "lies in what frame.headerCheck covers; allowed: outside of its from 2 to 7");
        assertThat(FrameFormat.parse(yaml.replace("to: 7", "to: 6"), "x").headerCheck())
                .isPresent();
    }

    /** Each line: the length, where the payload begins, the key that is named, the reason. */
    @ParameterizedTest(name = "{0} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "size: 4, encoding: varint, max: 9 | 5 | frame.payload.at | is 5; allowed length-end, for the length grows",
                "size: 4, max: 9 | soon | frame.payload.at | is \"soon\"; allowed: bytes from the frame's start, length-end",
                "size: 8, encoding: varint, max: 9 | length-end | frame.length.size | is 8; allowed 1 to 7",
                "size: 4, bits: 9, encoding: varint, max: 9 | length-end | frame.length.bits | goes with encoding binary",
                "size: 1, encoding: varint, max: 128 | length-end | frame.length.max | holds a payload of at most 127 bytes",
                "size: 4, encoding: varint, counts: all, max: 9 | length-end | frame.length.counts | allowed payload, after-length",
                "size: 4, encoding: varint, repeatedAt: 0, max: 9 | length-end | frame.length.repeatedAt | does not go with",
                "size: 2, encoding: staged, max: 9 | length-end | frame.length.size | is 2; allowed 1",
                "size: 1, bits: 1, encoding: staged, max: 9 | length-end | frame.length.bits | is 1; allowed 2 to 8",
                "size: 4, until: \"3A\", max: 9 | length-end | frame.length.until | ascii-hex and ascii-decimal only",
                "size: 4, encoding: ascii-hex, until: \"41\", max: 9 | length-end | frame.length.until | begins with a digit",
                "size: 4, encoding: ascii-decimal, max: 10000 | 5 | frame.length.max | holds a payload of at most 9999",
                "size: 1, repeatedAt: 1, max: 9 | 3 | frame.length.repeatedAt | overlaps frame.length in byte 1",
                "size: 1, repeatedAt: 3, max: 9 | 3 | frame.length.repeatedAt | reaches byte 4; allowed up to the payload at 3",
            })
    void refusesLengthsThatCannotWork(String length, String payloadAt, String key, String reason) {
        String yaml = """
                name: acme
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, %s}
                  payload: {at: %s}
                types: {hello: 1}
                """.formatted(length, payloadAt);
        refuses(yaml, key, reason);
    }

    @Test
    void whatLiesBehindALengthThatGrowsHasNoPlaceForACheck() {
        String yaml = """
                name: acme
                frame:
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 4, encoding: varint, max: 2048}
                  payload: {at: length-end}
                  check: {algorithm: crc16-x25, from: payload-start, to: payload-end, at: payload-end}
                types: {hello: 1}
                """;
        refuses(yaml, "frame.check.from", "is 2; allowed 0 to 1, payload-end, for the length behind that grows");
        refuses(
                yaml.replace("from: payload-start", "from: 0").replace("  payload:", "  escape: hdlc\n  payload:"),
                "frame.length.encoding",
                "makes a length that grows, which does not go with an escape; allowed: a length of a fixed size");
        assertThat(FrameFormat.parse(yaml.replace("payload-start", "0"), "x").maxFrameBytes())
                .isEqualTo(1 + 4 + 2_048 + 2);
    }

    @Test
    void aPayloadMayBeginBehindALengthOfAnySize() {
        String yaml = PLAIN.replace("payload: {at: 6}", "payload: {at: length-end}");
        assertThat(FrameFormat.parse(yaml, "acme.yaml")).isEqualTo(FrameFormat.parse(PLAIN, "acme.yaml"));
        refuses(
                "name: a\nframe:\n  payload: {at: length-end, max: 9}\n  escape: slip\ntypes: {b: 0}\n",
                "frame.payload.at",
                "is \"length-end\"; allowed: bytes from the frame's start, for there is no length");
    }

    /** Each line: what stands in the frame, the key that is named, the reason. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "end: \"\" | frame.end | is empty; allowed: 1 to 8 bytes, or no such key at all",
                "end: \"0A 0A\" | frame.end | has its last byte twice",
                "end: \"0A\", escape: slip | frame.escape | does not go with frame.end",
                "end: \"0A\", trailer: \"0D\" | frame.trailer | does not go with frame.end",
                "end: \"0A\", sync: {bytes: \"24\"} | frame.sync | does not go with an end",
                "end: \"0A\", header: [{name: sequence, at: 0, size: 1}] | frame.header | allowed: no sequence",
                "end: \"0A\", header: [{name: c, at: 0, size: 2, value: 0x0A01}] | frame.header | allowed: a value without it",
                "escape: end | frame.escape | allowed none, hdlc, slip, cobs, dle",
                "end: \"0A\", check: {algorithm: xor, from: 0, to: 1, at: 1, separator: \"2A\"} | frame.check.separator | at: payload-end",
                "end: \"0A\", check: {algorithm: xor, from: 0, to: 1, at: 1, encoding: text} | frame.check.encoding | binary, ascii-hex",
            })
    void refusesEndsThatCannotWork(String keys, String key, String reason) {
        refuses("name: a\nframe: {payload: {at: 2, max: 9}, " + keys + "}\ntypes: {b: 0}\n", key, reason);
    }

    /** Each line: what stands in the frame, the key that is named, the reason. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "mask: {when: m, size: 3} | frame.mask.size | is 3; allowed 1, 2, 4, 8",
                "mask: {when: n, size: 4} | frame.mask.when | is \"n\"; allowed: the name of a header field of one bit",
                "mask: {when: two, size: 4} | frame.mask.when | is \"two\"; allowed: the name of a header field of one bit",
                "mask: {when: one, size: 4} | frame.mask.when | without a value",
                "mask: {size: 4} | frame.mask.when | is missing",
                "mask: {when: m, size: 4, bytes: 4} | frame.mask.bytes | allowed size, when",
                "mask: {when: m, size: 4}, check: {algorithm: xor, from: 0, to: 1, at: payload-end} | frame.check | does not go with frame.mask",
            })
    void refusesMasksThatCannotWork(String keys, String key, String reason) {
        refuses(
                "name: a\nframe: {header: [{name: m, at: 0, size: 1, bits: 1}, {name: two, at: 0, size: 1, shift: 1, bits: 2},"
                        + " {name: one, at: 0, size: 1, shift: 3, bits: 1, value: 1}],"
                        + " length: {at: 1, size: 2, encoding: varint, max: 100}, payload: {at: length-end}, "
                        + keys + "}\ntypes: {b: 0}\n",
                key,
                reason);
    }

    @Test
    void refusesAMaskBesideALengthOfAFixedSizeOrThatCountsTheKey() {
        String yaml =
                "name: a\nframe: {header: [{name: m, at: 0, size: 1, bits: 1}], length: {at: 1, size: 2, %s max: 100},"
                        + " payload: {at: %s}, mask: {when: m, size: 4}}\ntypes: {b: 0}\n";
        refuses(yaml.formatted("", "3"), "frame.mask", "allowed with payload.at: length-end");
        refuses(
                yaml.formatted("encoding: varint, counts: after-length,", "length-end"),
                "frame.length.counts",
                "would count the key of frame.mask; allowed payload");
    }

    /** Each line: the length, the check, the key that is named, the reason. */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "size: 1 | to: payload-end, at: payload-end, every: 0 | frame.check.every | is 0; allowed 1 to 4096",
                "size: 1 | to: payload-end, at: payload-end, every: 5000 | frame.check.every | is 5000; allowed 1 to 4096",
                "size: 1 | to: payload-end, at: 1, every: 16 | frame.check.every | at: payload-end",
                "size: 1 | to: payload-end, at: payload-end, encoding: ascii-hex, every: 16 | frame.check.every | encoding binary",
                "size: 1, counts: all | to: payload-end, at: payload-end, every: 16 | frame.length.counts | allowed payload",
            })
    void refusesChecksOfBlocksThatCannotWork(String length, String check, String key, String reason) {
        refuses(
                "name: a\nframe: {length: {at: 0, max: 100, " + length + "}, payload: {at: 2},"
                        + " check: {algorithm: xor, from: payload-start, " + check + "}}\ntypes: {b: 0}\n",
                key,
                reason);
    }

    @Test
    void explainsEndsMasksAndChecksOfBlocks() {
        assertThat(FrameFormat.builtin("nmea").explain())
                .contains("each frame ends with the bytes 0D 0A, of which the last stands nowhere else")
                .contains("the check is written as 2 hexadecimal digits behind 2A");
        assertThat(FrameFormat.builtin("websocket").explain())
                .contains("payloads are written masked, with a new key of 4 bytes each, and read so where masked is 1");
        assertThat(FrameFormat.builtin("dnp3").explain())
                .contains("a check of 2 bytes behind each 16 bytes of payload, and behind what is left");
    }

    private static FrameFormat load(Path file) {
        return FrameFormat.parse(Description.load(file));
    }
}
