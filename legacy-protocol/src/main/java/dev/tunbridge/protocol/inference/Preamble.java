package dev.tunbridge.protocol.inference;

/** What lies in front of the first frame. */
final class Preamble {
    /** So many bytes of text do not stand at the beginning of frames by chance, nor in front of one that carries text. */
    private static final int LEAST_TEXT_BYTES = 6;

    private Preamble() {}

    /** Behind the text that a stream begins with, lines and blocks that are filled up with zeros; 0 where it begins with none. */
    static int textEnd(byte[] bytes, int most) {
        int end = 0;
        while (end < Math.min(bytes.length, most) && isText(bytes[end] & 0xff, end > 0)) {
            end++;
        }
        return end < LEAST_TEXT_BYTES ? 0 : end;
    }

    private static boolean isText(int value, boolean isBehindText) {
        return (value >= 0x20 && value < 0x7f)
                || (isBehindText && (value == '\n' || value == '\r' || value == '\t' || value == 0));
    }
}
