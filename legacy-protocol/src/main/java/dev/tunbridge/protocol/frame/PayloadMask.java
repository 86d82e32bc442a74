package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Payloads whose bytes are XORed with a key in front of them, where a bit of the header says so. One for each layout: it holds
 * keys that are drawn but not used yet.
 */
final class PayloadMask {
    private static final int AES_BLOCK_BYTES = 16;
    /** Many keys at a time: a call costs more than a block of 16 bytes. */
    private static final int KEY_POOL_BYTES = 4_096;

    private static final byte[] ZEROS = new byte[KEY_POOL_BYTES];

    private final BitField flag;
    private final int keyBytes;
    private final byte[] pool = new byte[KEY_POOL_BYTES];
    private int used = KEY_POOL_BYTES;
    /** Nobody may foresee a key (RFC 6455, section 10.3). SecureRandom itself makes garbage for each 20 bytes; it gives the seed alone. */
    private @Nullable Cipher source;

    PayloadMask(BitField flag, int keyBytes) {
        this.flag = flag;
        this.keyBytes = keyBytes;
    }

    /** Of the frame at the index: the bytes of its key, 0 where it has none. */
    int keyBytes(ByteBuf frame, int frameIndex) {
        return flag.read(frame, frameIndex) != 0 ? keyBytes : 0;
    }

    /** Says in the header that there is a key. */
    void mark(ByteBuf frame, int frameIndex) {
        flag.write(frame, frameIndex, 1);
    }

    void writeKey(ByteBuf out) {
        if (used + keyBytes > KEY_POOL_BYTES) {
            refill();
        }
        out.writeBytes(pool, used, keyBytes);
        used += keyBytes;
    }

    private void refill() {
        try {
            Cipher cipher = source;
            if (cipher == null) {
                byte[] seed = new byte[2 * AES_BLOCK_BYTES];
                new SecureRandom().nextBytes(seed);
                cipher = Cipher.getInstance("AES/CTR/NoPadding");
                cipher.init(
                        Cipher.ENCRYPT_MODE,
                        new SecretKeySpec(seed, 0, AES_BLOCK_BYTES, "AES"),
                        new IvParameterSpec(seed, AES_BLOCK_BYTES, AES_BLOCK_BYTES));
                source = cipher;
            }
            cipher.update(ZEROS, 0, KEY_POOL_BYTES, pool, 0);
            used = 0;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES in counter mode, which keys of frames come from", e);
        }
    }

    /** XORs the bytes from the index on with the key that stands in front of them; done twice it is undone. */
    void apply(ByteBuf buffer, int index, int length) {
        long key = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            key = key << 8 | buffer.getUnsignedByte(index - keyBytes + i % keyBytes);
        }
        int end = index + length;
        int at = index;
        for (; end - at >= Long.BYTES; at += Long.BYTES) {
            buffer.setLong(at, buffer.getLong(at) ^ key);
        }
        for (int shift = 56; at < end; at++, shift -= 8) {
            buffer.setByte(at, buffer.getByte(at) ^ (int) (key >>> shift));
        }
    }
}
