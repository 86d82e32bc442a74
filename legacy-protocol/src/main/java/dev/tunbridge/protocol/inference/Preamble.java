package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.List;

/** What lies in front of the first frame. */
final class Preamble {
    /** So many bytes of text do not stand at the beginning of frames by chance, nor in front of one that carries text. */
    private static final int LEAST_TEXT_BYTES = 6;

    private static final int MOST_REMARKS = 16;
    private static final int MOST_CHARACTERS = 100;

    private Preamble() {}

    /** Behind the text that a stream begins with, lines and blocks that are filled up with zeros; 0 where it begins with none. */
    static int textEnd(byte[] bytes, int most) {
        int end = 0;
        while (end < Math.min(bytes.length, most) && isText(bytes[end] & 0xff, end > 0)) {
            end++;
        }
        return end < LEAST_TEXT_BYTES ? 0 : end;
    }

    /**
     * What to say of the bytes in front of the first frame, and how a description would have them; empty where there are none.
     *
     * @param sender whose frame that is, where there are two ends
     */
    static List<String> remarks(byte[] bytes, int begin, String sender) {
        if (begin == 0) {
            return List.of();
        }
        List<String> remarks = new ArrayList<>();
        remarks.add(begin + " bytes stand in front of the first frame" + sender
                + ": a login outside frames, or the rest of a frame");
        if (textEnd(bytes, begin) < begin) {
            return remarks;
        }
        int block = blockBytes(bytes, begin);
        if (block > 0) {
            remarks.add(begin / block + " blocks of text, each: unframed: {size: " + block + ", pad: \"00\"}");
            for (int at = 0; at < begin; at += block) {
                remarks.add("  " + printable(bytes, at, at + block));
            }
        } else if (bytes[begin - 1] == '\n' || bytes[begin - 1] == 0) {
            remarks.add("lines of text, each: unframed: {until: \"" + (bytes[begin - 1] == 0 ? "00" : "0A") + "\"}");
            int from = 0;
            for (int at = 0; at < begin && remarks.size() < MOST_REMARKS; at++) {
                if (bytes[at] == bytes[begin - 1]) {
                    remarks.add("  " + printable(bytes, from, at));
                    from = at + 1;
                }
            }
        }
        return remarks;
    }

    /** The smallest size of blocks that all end in zeros and begin with text; 0 for none. */
    private static int blockBytes(byte[] bytes, int begin) {
        for (int size = LEAST_TEXT_BYTES; size <= begin; size++) {
            boolean isBlock = begin % size == 0 && begin / size < MOST_REMARKS;
            for (int at = 0; isBlock && at < begin; at += size) {
                isBlock = bytes[at] >= 0x20 && bytes[at + size - 1] == 0 && bytes[at + size - 2] == 0;
            }
            if (isBlock) {
                return size;
            }
        }
        return 0;
    }

    private static String printable(byte[] bytes, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < Math.min(to, from + MOST_CHARACTERS); i++) {
            text.append(bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char) bytes[i] : ' ');
        }
        return text.toString().strip();
    }

    private static boolean isText(int value, boolean isBehindText) {
        return (value >= 0x20 && value < 0x7f)
                || (isBehindText && (value == '\n' || value == '\r' || value == '\t' || value == 0));
    }
}
