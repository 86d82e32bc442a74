package dev.tunbridge.reassembly.recording;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A pcap file (draft-ietf-opsawg-pcap). The magic says the byte order, the unit of the stamps, and which record header
 * follows: that of Linux 2.0's patched libpcap is longer.
 *
 * <pre>
 *   file    0   | magic                  | major version (2) | minor version (2) |
 *           8   | time zone, never used  | accuracy, never used                  |
 *          16   | longest frame          | flags (2) | link type (2)             |
 *
 *   record  0   | seconds, without sign  | microseconds or nanoseconds           |
 *           8   | captured length        | length on the wire                    |
 *          16   | patched only: interface | protocol (2) | packet type | unused  |
 * </pre>
 *
 * The seconds have no sign: they go on until 2106, where libpcap's wrap in January 2038.
 */
final class PcapReader extends PacketReader {
    static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
    static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    static final int MAGIC_PATCHED = 0xa1b2cd34;

    private static final int MAJOR_AT = 4;
    private static final int MINOR_AT = 6;
    private static final int LINK_TYPE_AT = 20;
    private static final int FILE_HEADER_BYTES = 24;

    private static final int SECONDS_AT = 0;
    private static final int FRACTION_AT = 4;
    private static final int CAPTURED_AT = 8;
    private static final int WIRE_AT = 12;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int PATCHED_HEADER_BYTES = 24;

    private static final int MAJOR = 2;
    /** Those before had the two lengths the other way round; of this one, some. */
    private static final int LAST_MINOR_OF_OTHER_ORDER = 3;

    private final boolean littleEndian;
    private final int nanosPerUnit;
    private final int recordHeaderBytes;
    private final int minor;
    private final int linkNumber;
    private long position = FILE_HEADER_BYTES;
    private long carried;

    /** Reads the file's header. */
    PcapReader(String name, FileWindow window) throws IOException {
        super(name, window);
        require(0, FILE_HEADER_BYTES, 0);
        ByteBuf buffer = window.buffer();
        int at = window.indexOf(0);
        littleEndian = order(buffer.getInt(at)) == ByteOrder.LITTLE_ENDIAN;
        int magic = unsigned32(buffer, at);
        nanosPerUnit = magic == MAGIC_NANOSECONDS ? 1 : 1_000;
        recordHeaderBytes = magic == MAGIC_PATCHED ? PATCHED_HEADER_BYTES : RECORD_HEADER_BYTES;
        int major = unsigned16(buffer, at + MAJOR_AT);
        minor = unsigned16(buffer, at + MINOR_AT);
        if (major != MAJOR) {
            throw refusal(MAJOR_AT, "version of the format", major, MAJOR + " (made by every libpcap since 1990)");
        }
        linkNumber = unsigned32(buffer, at + LINK_TYPE_AT) & 0xffff;
    }

    /** The byte order of a file that begins with this number; null where that is no magic of this format. */
    static @Nullable ByteOrder order(int magic) {
        if (isMagic(magic)) {
            return ByteOrder.BIG_ENDIAN;
        }
        return isMagic(Integer.reverseBytes(magic)) ? ByteOrder.LITTLE_ENDIAN : null;
    }

    private static boolean isMagic(int value) {
        return value == MAGIC_MICROSECONDS || value == MAGIC_NANOSECONDS || value == MAGIC_PATCHED;
    }

    @Override
    boolean next() throws IOException {
        long from = position;
        int there = window.reach(from, recordHeaderBytes);
        if (there <= 0 && window.cut().isEmpty()) {
            return false;
        }
        beginFrame();
        if (there < recordHeaderBytes) {
            throw ends(from);
        }
        ByteBuf buffer = window.buffer();
        int at = window.indexOf(from);
        long seconds = Integer.toUnsignedLong(unsigned32(buffer, at + SECONDS_AT));
        long fraction = Integer.toUnsignedLong(unsigned32(buffer, at + FRACTION_AT));
        long captured = Integer.toUnsignedLong(unsigned32(buffer, at + CAPTURED_AT));
        long wire = Integer.toUnsignedLong(unsigned32(buffer, at + WIRE_AT));
        if (minor <= LAST_MINOR_OF_OTHER_ORDER && (minor < LAST_MINOR_OF_OTHER_ORDER || captured > wire)) {
            long other = captured;
            captured = wire;
            wire = other;
        }
        checkLength(captured, from);
        require(from, recordHeaderBytes + (int) captured, from);
        frame(linkNumber, window.indexOf(from) + recordHeaderBytes, (int) captured, (int)
                Math.min(wire, Integer.MAX_VALUE));
        stamp(seconds * NANOS_PER_SECOND + fraction * nanosPerUnit);
        if (fraction * nanosPerUnit >= NANOS_PER_SECOND) {
            carried++;
        }
        position = from + recordHeaderBytes + captured;
        return true;
    }

    /** Of every frame of such a file. */
    int fileLinkNumber() {
        return linkNumber;
    }

    @Override
    long carriedStamps() {
        return carried;
    }

    private int unsigned32(ByteBuf buffer, int at) {
        return littleEndian ? buffer.getIntLE(at) : buffer.getInt(at);
    }

    private int unsigned16(ByteBuf buffer, int at) {
        return littleEndian ? buffer.getUnsignedShortLE(at) : buffer.getUnsignedShort(at);
    }
}
