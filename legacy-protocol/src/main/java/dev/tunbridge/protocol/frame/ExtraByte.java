package dev.tunbridge.protocol.frame;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.TreeMap;

/**
 * Continues the CRC of a frame over one byte more, which stands nowhere and is chosen by the frame's type, so that who knows other
 * fields by that number does not take them for his own (MAVLink's CRC_EXTRA).
 */
final class ExtraByte {
    /** No check that is read, also where its digits are none. */
    static final int NONE = -2;

    private final BitField type;
    private final SlicedCrc crc;
    /** As 32 bits with a sign, in their order. */
    private final int[] types;

    private final int[] bytes;

    ExtraByte(BitField type, ChecksumAlgorithm.Crc crc, Map<Integer, Integer> byType) {
        TreeMap<Integer, Integer> sorted = new TreeMap<>(byType);
        this.type = type;
        this.crc = new SlicedCrc(crc);
        this.types = sorted.keySet().stream().mapToInt(Integer::intValue).toArray();
        this.bytes = sorted.values().stream().mapToInt(Integer::intValue).toArray();
    }

    /** What the check of the frame at the index is, if over its own bytes it is this; {@link #NONE} where its type has no byte. */
    long continued(ByteBuf buffer, int frameIndex, long check) {
        int extra = of((int) type.read(buffer, frameIndex));
        return extra == NONE ? NONE : crc.result(crc.afterByte(crc.registerOf(check), extra));
    }

    /** Of a type; {@link #NONE} where it has none, so that its check cannot be known. */
    int of(int number) {
        int least = 0;
        int most = types.length - 1;
        while (least <= most) {
            int middle = (least + most) >>> 1;
            if (types[middle] == number) {
                return bytes[middle];
            }
            if (types[middle] < number) {
                least = middle + 1;
            } else {
                most = middle - 1;
            }
        }
        return NONE;
    }
}
