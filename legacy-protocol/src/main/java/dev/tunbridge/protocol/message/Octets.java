package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import java.util.HexFormat;

/** Bytes as a value: immutable, equal by content. For everything that is not on the hot path. */
public final class Octets {
    public static final Octets EMPTY = new Octets(new byte[0]);
    private static final int SHOWN_BYTES = 32;

    private final byte[] bytes;

    private Octets(byte[] bytes) {
        this.bytes = bytes;
    }

    public static Octets of(byte... bytes) {
        return bytes.length == 0 ? EMPTY : new Octets(bytes.clone());
    }

    /** Copies bytes out of a buffer, whose indexes stay as they are. */
    public static Octets copyOf(ByteBuf buffer, int index, int length) {
        return length == 0 ? EMPTY : new Octets(ByteBufUtil.getBytes(buffer, index, length, true));
    }

    public int length() {
        return bytes.length;
    }

    byte byteAt(int index) {
        return bytes[index];
    }

    public byte[] toByteArray() {
        return bytes.clone();
    }

    /** Where these bytes begin first between the two indexes of the buffer, or -1. */
    int indexIn(ByteBuf buffer, int from, int to) {
        for (int at = from; to - at >= bytes.length; at++) {
            at = buffer.indexOf(at, to - bytes.length + 1, bytes[0]);
            if (at < 0) {
                break;
            }
            int same = 1;
            while (same < bytes.length && buffer.getByte(at + same) == bytes[same]) {
                same++;
            }
            if (same == bytes.length) {
                return at;
            }
        }
        return -1;
    }

    /** As descriptions write them. */
    String hex() {
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }

    /** Appends the bytes to a buffer. */
    public void writeTo(ByteBuf out) {
        out.writeBytes(bytes);
    }

    /** As text between quotation marks, for people: what is not printable in ASCII as {@code \\x0A}, and not all of many. */
    public String quoted() {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(bytes.length, SHOWN_BYTES); i++) {
            int octet = bytes[i] & 0xff;
            boolean isPlain = octet >= ' ' && octet < 0x7f && octet != '"' && octet != '\\';
            text.append(isPlain ? String.valueOf((char) octet) : String.format("\\x%02X", octet));
        }
        return text.append(bytes.length > SHOWN_BYTES ? "…\"" : "\"").toString();
    }

    /** The first of the readable bytes as text between quotation marks. */
    public static String quoted(ByteBuf in) {
        return copyOf(in, in.readerIndex(), Math.min(in.readableBytes(), SHOWN_BYTES + 1))
                .quoted();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && Arrays.equals(bytes, octets.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        String shown = ByteBufUtil.hexDump(bytes, 0, Math.min(bytes.length, SHOWN_BYTES));
        return bytes.length + " bytes " + shown + (bytes.length > SHOWN_BYTES ? "…" : "");
    }
}
