package dev.tunbridge.plugin.blowfish;

import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.MessageMapper;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * What vtund's {@code encrypt yes} does (lfd_encrypt.c): Blowfish with a key of 128 bits in ECB mode, block by block, each packet filled up
 * to whole blocks with one to eight bytes, of which the last says how many.
 */
final class BlowfishMapper implements MessageMapper {
    static final int BLOCK_BYTES = 8;

    private final int type;
    private final Cipher encryption;
    private final Cipher decryption;
    private byte[] scratch = new byte[2_048];

    BlowfishMapper(int type, byte[] password) {
        this.type = type;
        try {
            byte[] key = MessageDigest.getInstance("MD5").digest(password);
            encryption = cipher(Cipher.ENCRYPT_MODE, key);
            decryption = cipher(Cipher.DECRYPT_MODE, key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Blowfish", e);
        }
    }

    private static Cipher cipher(int mode, byte[] key) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("Blowfish/ECB/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "Blowfish"));
        return cipher;
    }

    @Override
    public boolean maps(int type) {
        return type == this.type;
    }

    @Override
    public void toWire(int type, ByteBuf buffer, int index) {
        int length = buffer.writerIndex() - index;
        int padding = BLOCK_BYTES - length % BLOCK_BYTES;
        for (int i = 0; i < padding; i++) {
            buffer.writeByte(padding);
        }
        apply(encryption, buffer, index, length + padding);
    }

    @Override
    public void fromWire(int type, ByteBuf buffer, int index) throws MalformedMessageException {
        int length = buffer.writerIndex() - index;
        if (length == 0 || length % BLOCK_BYTES != 0) {
            throw new MalformedMessageException("has " + length + " bytes; allowed: whole blocks of " + BLOCK_BYTES);
        }
        apply(decryption, buffer, index, length);
        int padding = buffer.getUnsignedByte(buffer.writerIndex() - 1);
        if (padding < 1 || padding > BLOCK_BYTES) {
            throw new MalformedMessageException("ends in " + padding + "; allowed 1 to " + BLOCK_BYTES
                    + ": is the password the same at both ends?");
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
