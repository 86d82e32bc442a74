package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/**
 * A type that lies in the payload.
 *
 * <pre>
 *   | header | type | what messages are laid out of |      stripped: it stands first, in whole bytes
 *   | header | what messages are laid out of, the type somewhere in it |      kept
 * </pre>
 *
 * @param bits counted from the payload's start
 * @param isKept whether it is part of what messages are laid out of, which then say it; else frames say it for them
 */
public record PayloadType(BitField bits, boolean isKept) {
    /** So that no type is {@link FrameView#NO_TYPE}. */
    static final int MOST_BITS = 31;

    /** Bytes that a payload must have to hold it. */
    public int end() {
        return bits.end();
    }

    /** Makes the payload at the index one of this type. */
    public void write(ByteBuf buffer, int payloadIndex, int type) {
        bits.write(buffer, payloadIndex, type);
    }

    /** Bytes in front of what messages are laid out of. */
    public int strippedBytes() {
        return isKept ? 0 : bits.end();
    }
}
