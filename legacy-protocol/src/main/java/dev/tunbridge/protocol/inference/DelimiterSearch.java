package dev.tunbridge.protocol.inference;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds frames between marks: an escape is right when every byte that would have to be escaped is followed by what it becomes. */
final class DelimiterSearch {
    private static final int LEAST_FRAMES = 3;
    private static final int HDLC_FLAG = 0x7E;
    private static final int HDLC_ESCAPE = 0x7D;
    private static final int SLIP_END = 0xC0;
    private static final int SLIP_ESCAPE = 0xDB;
    private static final int DLE = 0x10;
    private static final int STX = 0x02;
    private static final int ETX = 0x03;
    /** Of 256 values two may follow an escape. */
    private static final double BITS_OF_ESCAPE = 7;

    private final byte[] bytes;
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private final List<Integer> ends = new ArrayList<>();
    private int start;
    private double bits;

    private DelimiterSearch(byte[] bytes) {
        this.bytes = bytes;
    }

    /** What lies between the marks, unescaped, and how unlikely that is by chance. */
    record Found(String escape, Cut cut, boolean sharesFlags, double bits) {}

    /** The escapes that may be; none of which a byte is wrong. */
    static List<Found> of(byte[] bytes, WorkBound work) {
        List<Found> found = new ArrayList<>();
        if (work.take(8L * bytes.length)) {
            new DelimiterSearch(bytes).stuffed("hdlc", HDLC_FLAG, HDLC_ESCAPE).ifPresent(found::add);
            new DelimiterSearch(bytes).stuffed("slip", SLIP_END, SLIP_ESCAPE).ifPresent(found::add);
            new DelimiterSearch(bytes).cobs().ifPresent(found::add);
            new DelimiterSearch(bytes).dle().ifPresent(found::add);
        }
        SmlSearch.of(bytes, work).ifPresent(found::add);
        return found;
    }

    private Optional<Found> stuffed(String name, int flag, int escape) {
        int at = first(flag);
        int flags = 0;
        while (at < bytes.length) {
            int value = bytes[at++] & 0xff;
            if (value == flag) {
                flags++;
                end();
            } else if (value == escape) {
                if (at == bytes.length) {
                    break;
                }
                int plain = plain(name, bytes[at++] & 0xff);
                if (plain < 0) {
                    return Optional.empty();
                }
                bits += BITS_OF_ESCAPE;
                content.write(plain);
            } else {
                content.write(value);
            }
        }
        return found(name, flags <= ends.size() + 1);
    }

    /** Others than the two marks may be escaped too by RFC 1662; what then follows has its sixth bit flipped. */
    private static int plain(String name, int value) {
        if (name.equals("hdlc")) {
            return value == (HDLC_FLAG ^ 0x20) || value == (HDLC_ESCAPE ^ 0x20) || (value >= 0x20 && value < 0x40)
                    ? value ^ 0x20
                    : -1;
        }
        return value == 0xDC ? SLIP_END : value == 0xDD ? SLIP_ESCAPE : -1;
    }

    private Optional<Found> cobs() {
        int at = 0;
        int from = 0;
        for (; at < bytes.length; at++) {
            if (bytes[at] != 0) {
                continue;
            }
            if (at > from && !uncobs(from, at)) {
                return Optional.empty();
            }
            from = at + 1;
        }
        return found("cobs", false);
    }

    /** One that began before the recording is passed over. */
    private boolean uncobs(int from, int end) {
        int size = content.size();
        int at = from;
        int blocks = 0;
        while (at < end) {
            int code = bytes[at] & 0xff;
            if (code > end - at) {
                return from == 0 && size == 0;
            }
            content.write(bytes, at + 1, code - 1);
            at += code;
            blocks++;
            if (code != 0xff && at < end) {
                content.write(0);
            }
        }
        // The last block had to end just here.
        bits += Math.min(blocks, ChanceOdds.log2(end - from + 1.0));
        end();
        return true;
    }

    private Optional<Found> dle() {
        boolean isInside = false;
        int at = 0;
        while (at + 1 < bytes.length) {
            int value = bytes[at] & 0xff;
            int next = bytes[at + 1] & 0xff;
            if (value != DLE) {
                if (isInside) {
                    content.write(value);
                } else if (!ends.isEmpty()) {
                    return Optional.empty();
                }
                at++;
                continue;
            }
            at += 2;
            boolean isRight = isInside ? next == DLE || next == ETX : next == STX || ends.isEmpty();
            if (!isRight) {
                return Optional.empty();
            }
            bits += BITS_OF_ESCAPE;
            if (next == STX && !isInside) {
                isInside = true;
            } else if (isInside && next == ETX) {
                isInside = false;
                end();
            } else if (isInside) {
                content.write(DLE);
            }
        }
        return found("dle", false);
    }

    private int first(int value) {
        int at = 0;
        while (at < bytes.length && (bytes[at] & 0xff) != value) {
            at++;
        }
        return at;
    }

    private void end() {
        if (content.size() > start) {
            ends.add(content.size());
            start = content.size();
        }
    }

    private Optional<Found> found(String name, boolean sharesFlags) {
        if (ends.size() < LEAST_FRAMES) {
            return Optional.empty();
        }
        Cut cut = cut(content.toByteArray(), ends);
        return Optional.of(new Found(name, cut, sharesFlags, bits + ChanceOdds.bits(cut)));
    }

    /** One frame behind the other, as far as they are of interest. */
    static Cut cut(byte[] contents, List<Integer> ends) {
        int count = Math.min(ends.size(), FrameStart.MOST_FRAMES);
        int[] starts = new int[count];
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = i == 0 ? 0 : ends.get(i - 1);
            lengths[i] = ends.get(i) - starts[i];
        }
        return new Cut(Arrays.copyOf(contents, ends.get(count - 1)), starts, lengths);
    }
}
