package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A check that was found right.
 *
 * @param keys its algorithm and parameters, as a description has them
 * @param from where the bytes that it covers begin
 * @param to where they end; {@link #PAYLOAD_END} or a place in the header
 * @param at where it stands; {@link #PAYLOAD_END} or a place in the header
 * @param digits empty where it is no digits; else what stands in front of them, in hexadecimal
 * @param extra what goes on behind the bytes that are there, if something does
 * @param every the bytes of a block of payload that it stands behind; 0 where it is of the whole frame
 * @param bits by how much it is unlikely to be right by chance
 */
record CheckGuess(
        String keys,
        String name,
        int sizeBytes,
        int from,
        int to,
        int at,
        Endian endian,
        Optional<String> digits,
        Optional<Extra> extra,
        int every,
        double bits) {
    /** Bytes over which it goes on though they stand nowhere, by the number in a field of the header. */
    record Extra(Header.Field type, SortedMap<Long, Integer> bytes) {
        static String yaml(SortedMap<Long, Integer> bytes) {
            StringBuilder yaml = new StringBuilder();
            bytes.forEach((type, value) -> yaml.append(yaml.isEmpty() ? "{" : ", ")
                    .append(type)
                    .append(": ")
                    .append(value));
            return yaml.append('}').toString();
        }
    }

    static final int PAYLOAD_END = -1;

    /** The same, written as hexadecimal digits behind these bytes. */
    CheckGuess inDigits(String separator) {
        return new CheckGuess(keys, name, sizeBytes, from, to, at, endian, Optional.of(separator), extra, every, bits);
    }

    /** The same, behind each block of so many bytes of payload. */
    CheckGuess ofBlocks(int blockBytes) {
        return new CheckGuess(keys, name, sizeBytes, from, to, at, endian, digits, extra, blockBytes, bits);
    }

    /** The same, of the header alone and behind it, where frames were cut off at the check's end. */
    CheckGuess ofHeader(int end) {
        int place = end - sizeBytes;
        return new CheckGuess(keys, name, sizeBytes, from, place, place, endian, digits, extra, every, bits);
    }

    /** Where one in the header ends. */
    int end() {
        return at + sizeBytes;
    }

    /** Whether frames had to tell how it begins. */
    boolean isFitted() {
        return keys.contains("init: ");
    }

    /** The bytes that it takes behind the payload, with what stands in front of its digits. */
    int wireBytes() {
        return every > 0
                ? 0
                : digits.map(separator -> 2 * sizeBytes + (separator.length() + 1) / 3)
                        .orElse(sizeBytes);
    }

    boolean isBehind() {
        return at == PAYLOAD_END;
    }

    boolean isOfHeader() {
        return to != PAYLOAD_END;
    }

    String yaml() {
        return "{algorithm: " + keys + ", from: " + (every > 0 ? "payload-start" : from)
                + ", to: " + (isOfHeader() ? to : "payload-end") + ", at: "
                + (isBehind() ? "payload-end" : at)
                + (sizeBytes > 1 && endian == Endian.LITTLE ? ", endian: little" : "")
                + digits.map(separator -> ", encoding: ascii-hex"
                                + (separator.isEmpty() ? "" : ", separator: \"" + separator + "\""))
                        .orElse("")
                + (every > 0 ? ", every: " + every : "")
                + "}";
    }
}
