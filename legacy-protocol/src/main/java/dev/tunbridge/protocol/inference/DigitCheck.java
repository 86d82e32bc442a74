package dev.tunbridge.protocol.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds checks that are written as hexadecimal digits behind the payload, maybe behind fixed bytes: frames are cut anew, with the bytes
 * that the digits stand for in their place, and searched for a check like others.
 */
final class DigitCheck {
    private static final int[] SIZES = {1, 2, 4};
    private static final int MOST_SEPARATOR_BYTES = 2;

    private final Cut cut;
    private final int trailerBytes;
    private final WorkBound work;

    private DigitCheck(Cut cut, int trailerBytes, WorkBound work) {
        this.cut = cut;
        this.trailerBytes = trailerBytes;
        this.work = work;
    }

    static Optional<CheckGuess> of(Cut cut, int trailerBytes, WorkBound work) {
        return new DigitCheck(cut, trailerBytes, work).find();
    }

    private Optional<CheckGuess> find() {
        List<CheckGuess> found = new ArrayList<>();
        for (int size : SIZES) {
            if (!areDigits(trailerBytes, 2 * size) || !work.take(cut.covered())) {
                break;
            }
            for (int separator = 0; separator <= MOST_SEPARATOR_BYTES && hasSeparator(size, separator); separator++) {
                String before = separator(size, separator);
                new CheckSearch(decoded(size, separator), work)
                        .behind(0)
                        .filter(check -> check.sizeBytes() == size)
                        .ifPresent(check -> found.add(check.inDigits(before)));
            }
        }
        return found.stream().max(Comparator.comparingDouble(CheckGuess::bits));
    }

    private boolean areDigits(int fromEnd, int count) {
        for (int i = fromEnd; i < fromEnd + count; i++) {
            Column column = Column.fromEnd(cut, i);
            for (int value = 0; value < 256; value++) {
                boolean isDigit = value < 0x80 && Character.digit(value, 16) >= 0;
                if (column.has(value) && !isDigit) {
                    return false;
                }
            }
        }
        return cut.shortest() >= fromEnd + count;
    }

    private boolean hasSeparator(int size, int bytes) {
        int behind = trailerBytes + 2 * size;
        for (int i = 0; i < bytes; i++) {
            if (!Column.fromEnd(cut, behind + i).isConstant()) {
                return false;
            }
        }
        return cut.shortest() >= behind + bytes;
    }

    private String separator(int size, int bytes) {
        StringBuilder hex = new StringBuilder();
        int end = cut.lengths[0] - trailerBytes - 2 * size;
        for (int at = end - bytes; at < end; at++) {
            hex.append(String.format(Locale.ROOT, hex.isEmpty() ? "%02X" : " %02X", cut.at(0, at)));
        }
        return hex.toString();
    }

    /** Without the closing bytes and what stands in front of the digits. */
    private Cut decoded(int size, int separatorBytes) {
        byte[] bytes = new byte[(int) cut.covered()];
        int[] starts = new int[cut.frames()];
        int[] lengths = new int[cut.frames()];
        int used = 0;
        for (int frame = 0; frame < cut.frames(); frame++) {
            int digits = cut.end(frame) - trailerBytes - 2 * size;
            byte[] content = Arrays.copyOfRange(cut.bytes, cut.starts[frame], digits - separatorBytes);
            starts[frame] = used;
            lengths[frame] = content.length + size;
            System.arraycopy(content, 0, bytes, used, content.length);
            for (int i = 0; i < size; i++) {
                bytes[used + content.length + i] = (byte) (Character.digit(cut.bytes[digits + 2 * i], 16) << 4
                        | Character.digit(cut.bytes[digits + 2 * i + 1], 16));
            }
            used += lengths[frame];
        }
        return new Cut(bytes, starts, lengths);
    }
}
