package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** A few bytes that many frames begin or end with, written as words: for so few a copy or a filling of memory costs more than all else. Immutable. */
public final class Blank {
    private final long[] words;
    private final byte[] rest;

    private Blank(long[] words, byte[] rest) {
        this.words = words;
        this.rest = rest;
    }

    /** Takes all that can be read. */
    public static Blank of(ByteBuf bytes) {
        long[] words = new long[bytes.readableBytes() / Long.BYTES];
        for (int i = 0; i < words.length; i++) {
            words[i] = bytes.readLong();
        }
        return new Blank(words, ByteBufUtil.getBytes(bytes));
    }

    /** Appends them. */
    public void writeTo(ByteBuf out) {
        for (long word : words) {
            out.writeLong(word);
        }
        for (byte octet : rest) {
            out.writeByte(octet);
        }
    }
}
