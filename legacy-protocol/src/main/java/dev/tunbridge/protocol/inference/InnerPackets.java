package dev.tunbridge.protocol.inference;

import java.util.OptionalInt;

/** Finds IP packets in frames: a version, and a length that reaches just to where the frame's content ends. */
final class InnerPackets {
    private static final int MOST_OFFSET = 40;
    private static final int IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;

    private InnerPackets() {}

    /**
     * Where the packets begin in so large a part of the frames, if that is at one place.
     *
     * @param tailBytes behind the content
     */
    static OptionalInt offset(Cut cut, int from, int tailBytes, double part) {
        int most = 0;
        int best = -1;
        for (int offset = from; offset < from + MOST_OFFSET; offset++) {
            int count = 0;
            for (int i = 0; i < cut.frames(); i++) {
                count += isPacket(cut, i, offset, tailBytes) ? 1 : 0;
            }
            if (count > most) {
                most = count;
                best = offset;
            }
        }
        return most > 0 && most >= part * cut.frames() ? OptionalInt.of(best) : OptionalInt.empty();
    }

    private static boolean isPacket(Cut cut, int frame, int offset, int tailBytes) {
        int length = cut.lengths[frame] - tailBytes - offset;
        if (length < IPV4_HEADER_BYTES) {
            return false;
        }
        int version = cut.at(frame, offset) >>> 4;
        if (version == 4) {
            return (cut.at(frame, offset) & 15) >= 5 && number(cut, frame, offset + 2) == length;
        }
        return version == 6
                && length >= IPV6_HEADER_BYTES
                && number(cut, frame, offset + 4) == length - IPV6_HEADER_BYTES;
    }

    private static int number(Cut cut, int frame, int offset) {
        return cut.at(frame, offset) << 8 | cut.at(frame, offset + 1);
    }
}
