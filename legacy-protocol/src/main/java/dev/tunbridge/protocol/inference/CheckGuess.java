package dev.tunbridge.protocol.inference;

import dev.tunbridge.protocol.frame.Endian;

/**
 * A check that was found right.
 *
 * @param keys its algorithm and parameters, as a description has them
 * @param from where the bytes that it covers begin
 * @param to where they end; {@link #PAYLOAD_END} or a place in the header
 * @param at where it stands; {@link #PAYLOAD_END} or a place in the header
 * @param bits by how much it is unlikely to be right by chance
 */
record CheckGuess(String keys, String name, int sizeBytes, int from, int to, int at, Endian endian, double bits) {
    static final int PAYLOAD_END = -1;

    boolean isBehind() {
        return at == PAYLOAD_END;
    }

    boolean isOfHeader() {
        return to != PAYLOAD_END;
    }

    String yaml() {
        return "{algorithm: " + keys + ", from: " + from + ", to: " + (isOfHeader() ? to : "payload-end") + ", at: "
                + (isBehind() ? "payload-end" : at)
                + (sizeBytes > 1 && endian == Endian.LITTLE ? ", endian: little}" : "}");
    }
}
