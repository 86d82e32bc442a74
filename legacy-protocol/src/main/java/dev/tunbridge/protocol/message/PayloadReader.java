package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the fields of a payload one after the other, within its bounds. Wrapped again for each frame. */
final class PayloadReader {
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private ReferenceType type = ReferenceType.HELLO;
    private int start;
    private int at;
    private int end;

    PayloadReader wrap(ReferenceType type, ByteBuf buffer, int index, int length) {
        this.type = type;
        this.buffer = buffer;
        this.start = index;
        this.at = index;
        this.end = index + length;
        return this;
    }

    int u8(String field) throws MalformedMessageException {
        return buffer.getUnsignedByte(take(field, 1));
    }

    int u16(String field) throws MalformedMessageException {
        return buffer.getUnsignedShort(take(field, 2));
    }

    long u32(String field) throws MalformedMessageException {
        return buffer.getUnsignedInt(take(field, 4));
    }

    Octets shortOctets(String field) throws MalformedMessageException {
        int length = u8(field);
        return Octets.copyOf(buffer, take(field, length), length);
    }

    String shortText(String field) throws MalformedMessageException {
        byte[] bytes = shortOctets(field).toByteArray();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed(field, "is not UTF-8");
        }
    }

    int addressBytes(String field) throws MalformedMessageException {
        int family = u8(field);
        if (family != 4 && family != 6) {
            throw malformed(field, "is " + family + "; allowed 4, 6");
        }
        return family == 4 ? 4 : 16;
    }

    InetAddress address(String field, int addressBytes) throws MalformedMessageException {
        byte[] bytes = new byte[addressBytes];
        buffer.getBytes(take(field, addressBytes), bytes);
        try {
            InetAddress address = InetAddress.getByAddress(bytes);
            // Java turns ::ffff:a.b.c.d into an IPv4 address, and such addresses do not belong on a wire anyway.
            if (addressBytes == 16 && address instanceof Inet4Address) {
                throw malformed(field, "is an IPv4-mapped IPv6 address");
            }
            return address;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    Octets rest() {
        Octets rest = Octets.copyOf(buffer, at, end - at);
        at = end;
        return rest;
    }

    /** The index of so many bytes, which are then behind the reader. */
    int take(String field, int bytes) throws MalformedMessageException {
        if (end - at < bytes) {
            throw malformed(field, "needs " + bytes + " bytes, but " + (end - at) + " are left");
        }
        int index = at;
        at += bytes;
        return index;
    }

    int index() {
        return at;
    }

    int remaining() {
        return end - at;
    }

    void finish() throws MalformedMessageException {
        if (at != end) {
            throw new MalformedMessageException(
                    type.key() + ": " + (end - at) + " bytes too many behind byte " + (at - start));
        }
    }

    MalformedMessageException malformed(String field, String reason) {
        return new MalformedMessageException(
                type.key() + ": " + field + " at byte " + (at - start) + " of the payload " + reason);
    }
}
