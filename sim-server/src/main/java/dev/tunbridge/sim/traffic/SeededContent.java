package dev.tunbridge.sim.traffic;

import java.io.InputStream;
import java.util.Objects;

/** Bytes that follow from a seed and look random (xorshift), so that both ends can know them and no one can compress them. */
public final class SeededContent extends InputStream {
    private final long length;
    private long state;
    private long produced;

    /** @param length after this many bytes the stream ends */
    public SeededContent(long seed, long length) {
        this.length = length;
        state = seed * 0x9E3779B97F4A7C15L + 1;
        if (state == 0) {
            state = 1;
        }
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int wanted) {
        Objects.checkFromIndexSize(offset, wanted, into.length);
        if (produced >= length) {
            return wanted == 0 ? 0 : -1;
        }
        int count = (int) Math.min(wanted, length - produced);
        for (int i = 0; i < count; i++) {
            if (((produced + i) & 7) == 0) {
                state ^= state << 13;
                state ^= state >>> 7;
                state ^= state << 17;
            }
            into[offset + i] = (byte) (state >>> (((produced + i) & 7) * 8));
        }
        produced += count;
        return count;
    }
}
