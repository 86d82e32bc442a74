package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.Endian;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Reads the fields of a payload one after the other, within its bounds. Wrapped again for each frame. */
final class PayloadReader {
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private String type = "";
    private int start;
    private int at;
    private int end;

    private int padding = Extent.Fixed.NO_PADDING;

    /** Where the field begins that is being read, for faults. */
    private int fieldAt;

    PayloadReader wrap(String type, ByteBuf buffer, int index, int length) {
        this.type = type;
        this.buffer = buffer;
        this.start = index;
        this.at = index;
        this.fieldAt = index;
        this.padding = Extent.Fixed.NO_PADDING;
        this.end = index + length;
        return this;
    }

    /** What may fill the payload up behind the last field. */
    PayloadReader paddedWith(int octet) {
        padding = octet;
        return this;
    }

    long number(String field, int size, Endian endian) throws MalformedMessageException {
        return NumberItem.read(buffer, take(field, size), size, endian);
    }

    /** How many bytes are in front of the next that are these, or -1 where none are. */
    int bytesBefore(Octets octets) {
        fieldAt = at;
        int found = octets.indexIn(buffer, at, end);
        return found < 0 ? -1 : found - at;
    }

    /** The index of so many bytes, which are then behind the reader. */
    int take(String field, int bytes) throws MalformedMessageException {
        fieldAt = at;
        if (end - at < bytes) {
            throw malformed(field, "needs " + bytes + " bytes, but " + (end - at) + " are left");
        }
        int index = at;
        at += bytes;
        return index;
    }

    ByteBuf buffer() {
        return buffer;
    }

    /** Where the next field begins in the buffer. */
    int index() {
        return at;
    }

    int remaining() {
        return end - at;
    }

    /** Without what fills it up. */
    int remainingContent() {
        int last = end;
        while (padding != Extent.Fixed.NO_PADDING && last > at && buffer.getUnsignedByte(last - 1) == padding) {
            last--;
        }
        return last - at;
    }

    void finish() throws MalformedMessageException {
        if (remainingContent() == 0) {
            return;
        }
        throw new MalformedMessageException(
                type + ": " + remainingContent() + " bytes too many behind byte " + (at - start));
    }

    MalformedMessageException malformed(String field, String reason) {
        return malformed(fieldAt, field, reason);
    }

    /** @param index of the field in the buffer */
    MalformedMessageException malformed(int index, String field, String reason) {
        return new MalformedMessageException(
                type + ": " + field + " at byte " + (index - start) + " of the payload " + reason);
    }

    /** The same of this message. */
    MalformedMessageException malformed(MalformedMessageException fault) {
        return new MalformedMessageException(type + ": " + fault.getMessage());
    }
}
