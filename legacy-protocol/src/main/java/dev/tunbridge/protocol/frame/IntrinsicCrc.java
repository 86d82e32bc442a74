package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** CRC-32 and CRC-32C with the processor's own instructions, through the JDK. */
final class IntrinsicCrc extends Checksum {
    private final java.util.zip.Checksum crc;

    IntrinsicCrc(java.util.zip.Checksum crc) {
        this.crc = crc;
    }

    @Override
    public long compute(ByteBuf buffer, int index, int length) {
        crc.reset();
        if (buffer.hasArray()) {
            crc.update(buffer.array(), buffer.arrayOffset() + index, length);
        } else if (buffer.nioBufferCount() == 1) {
            crc.update(buffer.internalNioBuffer(index, length));
        } else {
            for (int i = 0; i < length; i++) {
                crc.update(buffer.getByte(index + i));
            }
        }
        return crc.getValue();
    }
}
