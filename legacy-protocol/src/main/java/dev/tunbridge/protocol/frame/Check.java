package dev.tunbridge.protocol.frame;

/** The checksum of a frame: what it covers and where it stands. */
public record Check(ChecksumAlgorithm algorithm, Position from, Position to, Position at, Endian endian) {

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
