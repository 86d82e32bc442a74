package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Formats that nobody ships, each with something that the shipped ones have not. */
final class MadeUp {
    private MadeUp() {}

    static Map<String, FrameFormat> formats() {
        Map<String, FrameFormat> formats = new LinkedHashMap<>();
        put(formats, "a little-endian length of all", """
                  header: [{name: type, at: 2, size: 1}, {name: version, at: 3, size: 1, value: 3}]
                  length: {at: 0, size: 2, endian: little, counts: all, max: 1500}
                  payload: {at: 4}
                """);
        put(formats, "twelve bits under flags", """
                  sync: {bytes: "C5"}
                  header: [{name: type, at: 1, size: 2, shift: 12, bits: 4}]
                  length: {at: 1, size: 2, bits: 12, counts: payload, max: 1500}
                  payload: {at: 3}
                  check: {algorithm: crc16-modbus, from: 0, to: payload-end, at: payload-end, endian: little}
                """);
        put(formats, "24 bits behind the type", """
                  header: [{name: type, at: 0, size: 1}, {name: sequence, at: 4, size: 4}]
                  length: {at: 1, size: 3, counts: payload, max: 1500}
                  payload: {at: 8}
                  check: {algorithm: adler32, from: 0, to: payload-end, at: payload-end}
                """);
        put(formats, "a sum", """
                  sync: {bytes: "02 FD"}
                  header: [{name: type, at: 4, size: 1}]
                  length: {at: 2, size: 2, counts: after-length, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: sum, from: 2, to: payload-end, at: payload-end}
                  trailer: "03"
                """);
        put(formats, "a check in front", """
                  sync: {bytes: "EB 90"}
                  header: [{name: type, at: 8, size: 1}]
                  length: {at: 2, size: 2, endian: little, counts: payload, max: 1500}
                  payload: {at: 9}
                  check: {algorithm: crc32c, from: 8, to: payload-end, at: 4, endian: little}
                """);
        put(formats, "a header of its own check", """
                  sync: {bytes: "5A A5 C3"}
                  header: [{name: type, at: 3, size: 1}]
                  length: {at: 4, size: 4, counts: payload, max: 1500}
                  payload: {at: 9}
                  headerCheck: {algorithm: xor, from: 0, to: 8, at: 8}
                """);
        put(formats, "checks of header and payload", """
                  sync: {bytes: "B5 4A"}
                  header: [{name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, endian: little, counts: payload, max: 1500}
                  payload: {at: 7}
                  headerCheck: {algorithm: crc16-dnp, from: 0, to: 5, at: 5, endian: little}
                  check: {algorithm: crc32, from: payload-start, to: payload-end, at: payload-end}
                """);
        put(formats, "a check of the length alone", """
                  sync: {bytes: "5D F7"}
                  header: [{name: type, at: 4, size: 1}]
                  length: {at: 2, size: 1, counts: payload, max: 250}
                  payload: {at: 5}
                  headerCheck: {algorithm: lrc, from: 2, to: 3, at: 3}
                  check: {algorithm: xor, from: 4, to: payload-end, at: payload-end}
                  trailer: "16"
                """);
        put(formats, "both checks in the header", """
                  sync: {bytes: "D5"}
                  header: [{name: type, at: 1, size: 1}]
                  length: {at: 2, size: 2, counts: all, max: 1500}
                  payload: {at: 9}
                  headerCheck: {algorithm: xor, init: 0xA5, from: 0, to: 4, at: 4}
                  check: {algorithm: crc32c, from: 9, to: payload-end, at: 5}
                """);
        put(formats, "a header of an unlisted CRC in a frame of another", """
                  sync: {bytes: "E7"}
                  header: [{name: type, at: 1, size: 1}, {name: sequence, at: 2, size: 2}]
                  length: {at: 4, size: 2, counts: after-length, max: 1500}
                  payload: {at: 8}
                  headerCheck: {algorithm: crc, width: 16, poly: 0xC867, init: 0, refin: false, refout: false, xorout: 0x1234,
                                from: 1, to: 6, at: 6}
                  check: {algorithm: crc, width: 32, poly: 0xF4ACFB13, init: 0xFFFFFFFF, refin: true, refout: true,
                          xorout: 0xFFFFFFFF, from: 0, to: payload-end, at: payload-end, endian: little}
                """);
        put(formats, "a header of its own check between marks", """
                  header: [{name: type, at: 0, size: 1}, {name: sequence, at: 1, size: 2}]
                  payload: {at: 4, max: 1500}
                  headerCheck: {algorithm: crc, width: 8, poly: 0x07, init: 0, refin: false, refout: false, xorout: 0,
                                from: 0, to: 3, at: 3}
                  check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end, endian: little}
                  escape: hdlc
                """);
        put(formats, "cobs with a catalogue check", """
                  header: [{name: type, at: 0, size: 1}]
                  payload: {at: 1, max: 1500}
                  check: {algorithm: crc32, from: 0, to: payload-end, at: payload-end}
                  escape: cobs
                """);
        put(formats, "dle", """
                  header: [{name: type, at: 0, size: 1}, {name: sequence, at: 1, size: 1}]
                  payload: {at: 2, max: 1500}
                  check: {algorithm: lrc, from: 0, to: payload-end, at: payload-end}
                  escape: dle
                """);
        put(formats, "an unlisted CRC of 16 bits", """
                  sync: {bytes: "A7"}
                  header: [{name: type, at: 1, size: 1}]
                  length: {at: 2, size: 2, counts: payload, max: 1500}
                  payload: {at: 4}
                  check: {algorithm: crc, width: 16, poly: 0xC867, init: 0x1D0F, refin: false, refout: false, xorout: 0x0001,
                          from: 1, to: payload-end, at: payload-end}
                """);
        put(formats, "an unlisted reflected CRC of 32 bits", """
                  header: [{name: type, at: 4, size: 1}]
                  length: {at: 0, size: 4, endian: little, counts: all, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: crc, width: 32, poly: 0xF4ACFB13, init: 0xFFFFFFFF, refin: true, refout: true,
                          xorout: 0xFFFFFFFF, from: 0, to: payload-end, at: payload-end, endian: little}
                """);
        put(formats, "an unlisted CRC of 24 bits", """
                  sync: {bytes: "3C C3"}
                  header: [{name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, counts: payload, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: crc, width: 24, poly: 0x5D6DCB, init: 0xFEDCBA, refin: false, refout: false, xorout: 0,
                          from: 2, to: payload-end, at: payload-end}
                """);
        put(formats, "an unlisted CRC of 8 bits", """
                  sync: {bytes: "3C C3"}
                  header: [{name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, counts: payload, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: crc, width: 8, poly: 0x9B, init: 0, refin: true, refout: true, xorout: 0,
                          from: 2, to: payload-end, at: payload-end}
                """);
        put(formats, "seven bits a byte", """
                  header: [{name: type, at: 0, size: 1}]
                  length: {at: 1, size: 4, encoding: varint, counts: payload, max: 1500}
                  payload: {at: length-end}
                """);
        put(formats, "ended by ETX", """
                  header: [{name: type, at: 0, size: 1}]
                  payload: {at: 1, max: 400}
                  end: "03"
                """);
        put(formats, "a check in digits behind a length", """
                  sync: {bytes: "AA 55"}
                  header: [{name: type, at: 2, size: 1}]
                  length: {at: 3, size: 2, counts: payload, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: crc16-modbus, from: 2, to: payload-end, at: payload-end, encoding: ascii-hex, separator: "2A"}
                """);
        put(formats, "a check behind each 64 bytes", """
                  sync: {bytes: "7A A7"}
                  header: [{name: type, at: 4, size: 1}]
                  length: {at: 2, size: 2, endian: little, counts: payload, max: 1500}
                  payload: {at: 5}
                  check: {algorithm: crc32, from: payload-start, to: payload-end, at: payload-end, every: 64}
                """);
        put(formats, "three shapes", """
                  shapes:
                    - sync: {bytes: "5A"}
                      header: [{name: type, at: 1, size: 1, bits: 2}]
                      length: {at: 2, size: 2, counts: payload, max: 1500}
                      payload: {at: 4}
                      check: {algorithm: crc16-x25, from: 0, to: payload-end, at: payload-end}
                    - sync: {bytes: "A5"}
                      payload: {at: 1, size: 6}
                      check: {algorithm: sum, from: 0, to: payload-end, at: payload-end}
                      type: 8
                    - {sync: {bytes: "C3"}, payload: {at: 1, size: 0}, type: 4}
                """);
        put(formats, "two shapes of which one checks its header", """
                  shapes:
                    - sync: {bytes: "69"}
                      header: [{name: type, at: 1, size: 1, bits: 3}]
                      length: {at: 2, size: 2, counts: payload, max: 1500}
                      payload: {at: 6}
                      headerCheck: {algorithm: fletcher, modulus: 255, from: 0, to: 4, at: 4}
                      check: {algorithm: crc16-x25, from: 6, to: payload-end, at: payload-end}
                    - sync: {bytes: "96"}
                      payload: {at: 1, size: 6}
                      check: {algorithm: sum, from: 0, to: payload-end, at: payload-end}
                      type: 8
                """);
        return formats;
    }

    private static void put(Map<String, FrameFormat> formats, String name, String frame) {
        String yaml = "name: made-up\nframe:\n" + frame + "types: {ip: 1, hello: 2, ping: 4, data: 8}\n";
        formats.put(name, FrameFormat.parse(yaml, name));
    }
}
