package dev.tunbridge.plugin.blockcipher;

import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.MessageMapper;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * What vtund's {@code encrypt aes128ecb} does (lfd_encrypt.c): a key of 128 bits in ECB mode, block by block, each packet filled up to
 * whole blocks, with one block at most, whose last byte says how many bytes of it are fill.
 */
final class BlockCipherMapper implements MessageMapper {
    static final int LARGEST_BLOCK_BYTES = 16;

    private final int type;
    private final int blockBytes;
    private final Cipher encryption;
    private final Cipher decryption;
    private byte[] scratch = new byte[2_048];

    BlockCipherMapper(int type, String algorithm, byte[] password) {
        this.type = type;
        encryption = cipher(algorithm);
        decryption = cipher(algorithm);
        blockBytes = encryption.getBlockSize();
        try {
            byte[] key = MessageDigest.getInstance("MD5").digest(password);
            encryption.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, algorithm));
            decryption.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + algorithm + " with 128 bits", e);
        }
    }

    /** @throws IllegalArgumentException if there is no such cipher */
    static Cipher cipher(String algorithm) {
        try {
            if (algorithm.matches("AES|Blowfish")) {
                return Cipher.getInstance(algorithm + "/ECB/NoPadding");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + algorithm, e);
        }
        throw new IllegalArgumentException("cipher is " + algorithm + "; allowed AES, Blowfish");
    }

    @Override
    public boolean maps(int type) {
        return type == this.type;
    }

    @Override
    public void toWire(int type, ByteBuf buffer, int index) {
        int length = buffer.writerIndex() - index;
        int padding = blockBytes - length % blockBytes;
        for (int i = 0; i < padding; i++) {
            buffer.writeByte(padding);
        }
        apply(encryption, buffer, index, length + padding);
    }

    @Override
    public void fromWire(int type, ByteBuf buffer, int index) throws MalformedMessageException {
        int length = buffer.writerIndex() - index;
        if (length == 0 || length % blockBytes != 0) {
            throw new MalformedMessageException("has " + length + " bytes; allowed: whole blocks of " + blockBytes);
        }
        apply(decryption, buffer, index, length);
        int padding = buffer.getUnsignedByte(buffer.writerIndex() - 1);
        if (padding < 1 || padding > blockBytes) {
            throw new MalformedMessageException(
                    "ends in " + padding + "; allowed 1 to " + blockBytes + ": is the password the same at both ends?");
        }
        buffer.writerIndex(buffer.writerIndex() - padding);
    }

    private void apply(Cipher cipher, ByteBuf buffer, int index, int length) {
        if (scratch.length < length) {
            scratch = new byte[length];
        }
        ByteBuffer bytes = buffer.nioBuffer(index, length);
        try {
            int done = cipher.doFinal(bytes, ByteBuffer.wrap(scratch));
            buffer.setBytes(index, scratch, 0, done);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(length + " bytes cannot be encrypted", e);
        }
    }

    @Override
    public boolean isStateless() {
        return true;
    }
}
