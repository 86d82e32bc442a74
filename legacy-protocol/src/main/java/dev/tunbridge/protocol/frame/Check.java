package dev.tunbridge.protocol.frame;

import java.util.Map;

/**
 * The checksum of a frame: what it covers and where it stands.
 *
 * @param separator fixed bytes in front of it, where it stands behind the payload
 * @param extra by a frame's type, the byte over which its check is continued though it stands nowhere (MAVLink's CRC_EXTRA); empty
 *     where checks end where they end
 * @param every the bytes of payload of which each block has a check of its own behind it; 0 where there is one for all
 */
public record Check(
        ChecksumAlgorithm algorithm,
        Position from,
        Position to,
        Position at,
        Endian endian,
        Encoding encoding,
        BytePattern separator,
        int every,
        Map<Integer, Integer> extra) {

    public Check {
        extra = Map.copyOf(extra);
    }

    /** One of as many bytes as it computes. */
    public Check(ChecksumAlgorithm algorithm, Position from, Position to, Position at, Endian endian) {
        this(algorithm, from, to, at, endian, Encoding.BINARY, BytePattern.EMPTY, 0, Map.of());
    }

    /** The same, continued over a byte that a frame's type chooses. */
    Check continued(Map<Integer, Integer> extra) {
        return new Check(algorithm, from, to, at, endian, encoding, separator, every, extra);
    }

    /** Whether blocks of the payload are checked, each by itself. */
    boolean isOfBlocks() {
        return every > 0;
    }

    /** How the number is written. */
    public enum Encoding {
        BINARY,
        /** Two digits a byte, the upper first; written in capitals. */
        ASCII_HEX
    }

    /** The bytes that it takes on the wire. */
    int sizeBytes() {
        return algorithm.sizeBytes() * (encoding == Encoding.ASCII_HEX ? 2 : 1);
    }

    /** A place in a frame, counted from its start or from the end of its payload. */
    public record Position(Anchor anchor, int bytes) {
        static final Position PAYLOAD_END = new Position(Anchor.PAYLOAD_END, 0);

        static Position fromStart(int bytes) {
            return new Position(Anchor.FRAME_START, bytes);
        }

        /** Whether it is counted from the end of the payload. */
        public boolean atPayloadEnd() {
            return anchor == Anchor.PAYLOAD_END;
        }

        int index(int frameIndex, int payloadEndIndex) {
            return (anchor == Anchor.FRAME_START ? frameIndex : payloadEndIndex) + bytes;
        }
    }

    /** What a position counts from. */
    public enum Anchor {
        FRAME_START,
        PAYLOAD_END
    }
}
