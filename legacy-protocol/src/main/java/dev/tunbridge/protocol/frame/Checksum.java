package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;

/** Computes a checksum over bytes of a buffer. One instance serves one thread. */
public abstract sealed class Checksum
        permits SlicedCrc, FoldedCrc, IntrinsicCrc, ByteSum, ByteXor, DoubleSum, PrefixChecksum {
    /** The checksum of the bytes, as the number that stands on the wire. The buffer's indexes stay as they are. */
    public abstract long compute(ByteBuf buffer, int index, int length);
}
