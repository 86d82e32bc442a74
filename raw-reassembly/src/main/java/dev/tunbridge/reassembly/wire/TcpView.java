package dev.tunbridge.reassembly.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A TCP segment (RFC 9293), with the options that matter to a bridge: maximum segment size, window scale and timestamps
 * (RFC 7323), selective acknowledgement (RFC 2018).
 *
 * <pre>
 *         0       4       8              16                             31
 *     0   | source port                  | destination port             |
 *     4   | sequence number                                             |
 *     8   | acknowledgement number                                      |
 *    12   | words | zero  |CEUAPRSF flags| window                       |
 *    16   | checksum                     | urgent pointer               |
 *    20   | options, up to 40 bytes                                     |
 * </pre>
 */
public final class TcpView {
    public static final int HEADER_BYTES = 20;
    public static final int MAX_HEADER_BYTES = 60;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;

    public static final int SEQUENCE_AT = 4;
    public static final int ACKNOWLEDGEMENT_AT = 8;
    public static final int DATA_OFFSET_AT = 12;
    public static final int FLAGS_AT = 13;
    public static final int WINDOW_AT = 14;
    public static final int CHECKSUM_AT = 16;
    public static final int URGENT_AT = 18;

    /** The option is not there. */
    public static final int ABSENT = -1;

    private static final int OPTION_END = 0;
    private static final int OPTION_NONE = 1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_WINDOW_SCALE = 3;
    private static final int OPTION_SACK_PERMITTED = 4;
    private static final int OPTION_SACK = 5;
    private static final int OPTION_TIMESTAMPS = 8;
    /** Two no-ops and the timestamps, as almost every segment of almost every sender has them (RFC 7323 appendix A). */
    private static final int USUAL_TIMESTAMPS = 0x0101080a;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int index;
    private int length;
    private int dataOffset;
    private int timestampsIndex;
    private int sackIndex;
    private int sackBlocks;
    private int mss;
    private int windowScale;
    private boolean sackPermitted;
    private boolean otherOptions;

    /** Reads the header of the segment that fills these bytes. The view is valid only after {@link TcpProblem#OK}. */
    public TcpProblem wrap(ByteBuf buffer, int index, int length) {
        if (length < HEADER_BYTES) {
            return TcpProblem.TRUNCATED;
        }
        this.buffer = buffer;
        this.index = index;
        this.length = length;
        dataOffset = (buffer.getUnsignedByte(index + DATA_OFFSET_AT) >>> 4) * 4;
        if (dataOffset < HEADER_BYTES || dataOffset > length) {
            return TcpProblem.DATA_OFFSET;
        }
        timestampsIndex = ABSENT;
        sackIndex = ABSENT;
        sackBlocks = 0;
        mss = ABSENT;
        windowScale = ABSENT;
        sackPermitted = false;
        otherOptions = false;
        if (dataOffset == HEADER_BYTES) {
            return TcpProblem.OK;
        }
        if (dataOffset == HEADER_BYTES + 12 && buffer.getInt(index + HEADER_BYTES) == USUAL_TIMESTAMPS) {
            timestampsIndex = index + HEADER_BYTES + 4;
            return TcpProblem.OK;
        }
        return readOptions();
    }

    private TcpProblem readOptions() {
        int end = index + dataOffset;
        int at = index + HEADER_BYTES;
        while (at < end) {
            int kind = buffer.getUnsignedByte(at);
            if (kind == OPTION_END) {
                break;
            }
            if (kind == OPTION_NONE) {
                at++;
                continue;
            }
            int optionLength = at + 1 < end ? buffer.getUnsignedByte(at + 1) : 0;
            if (optionLength < 2 || optionLength > end - at || !readOption(kind, at, optionLength)) {
                return TcpProblem.OPTIONS;
            }
            at += optionLength;
        }
        return TcpProblem.OK;
    }

    private boolean readOption(int kind, int at, int optionLength) {
        switch (kind) {
            case OPTION_MSS -> {
                if (optionLength != 4) {
                    return false;
                }
                mss = buffer.getUnsignedShort(at + 2);
            }
            case OPTION_WINDOW_SCALE -> {
                if (optionLength != 3) {
                    return false;
                }
                windowScale = buffer.getUnsignedByte(at + 2);
            }
            case OPTION_SACK_PERMITTED -> {
                if (optionLength != 2) {
                    return false;
                }
                sackPermitted = true;
            }
            case OPTION_SACK -> {
                if (optionLength < 10 || (optionLength - 2) % 8 != 0) {
                    return false;
                }
                sackIndex = at + 2;
                sackBlocks = (optionLength - 2) / 8;
            }
            case OPTION_TIMESTAMPS -> {
                if (optionLength != 10) {
                    return false;
                }
                timestampsIndex = at + 2;
            }
            // An option that nobody here knows is skipped, as RFC 9293 section 3.1 asks.
            default -> otherOptions = true;
        }
        return true;
    }

    public ByteBuf buffer() {
        return buffer;
    }

    /** Where the segment starts. */
    public int index() {
        return index;
    }

    public int sourcePort() {
        return buffer.getUnsignedShort(index);
    }

    public int destinationPort() {
        return buffer.getUnsignedShort(index + 2);
    }

    public int sequenceNumber() {
        return buffer.getInt(index + SEQUENCE_AT);
    }

    public int acknowledgementNumber() {
        return buffer.getInt(index + ACKNOWLEDGEMENT_AT);
    }

    /** Bytes of the header, options included. */
    public int dataOffset() {
        return dataOffset;
    }

    public int flags() {
        return buffer.getUnsignedByte(index + FLAGS_AT);
    }

    /** Whether all of these flags are set. */
    public boolean hasFlags(int mask) {
        return (flags() & mask) == mask;
    }

    /** The window field as it stands, not scaled. */
    public int window() {
        return buffer.getUnsignedShort(index + WINDOW_AT);
    }

    public int checksum() {
        return buffer.getUnsignedShort(index + CHECKSUM_AT);
    }

    public int payloadIndex() {
        return index + dataOffset;
    }

    public int payloadLength() {
        return length - dataOffset;
    }

    /** Length in sequence space: SYN and FIN count one each. */
    public int sequenceLength() {
        int flags = flags();
        return payloadLength() + (flags & FIN) + ((flags & SYN) >>> 1);
    }

    public boolean hasTimestamps() {
        return timestampsIndex != ABSENT;
    }

    /** TSval; only where {@link #hasTimestamps}. */
    public int timestampValue() {
        return buffer.getInt(timestampsIndex);
    }

    /** TSecr; only where {@link #hasTimestamps}. */
    public int timestampEcho() {
        return buffer.getInt(timestampsIndex + 4);
    }

    public int sackBlocks() {
        return sackBlocks;
    }

    public int sackLeft(int block) {
        return buffer.getInt(sackIndex + 8 * block);
    }

    public int sackRight(int block) {
        return buffer.getInt(sackIndex + 8 * block + 4);
    }

    /** The maximum segment size, or {@link #ABSENT}. */
    public int mss() {
        return mss;
    }

    /** The window's shift, or {@link #ABSENT}. */
    public int windowScale() {
        return windowScale;
    }

    public boolean isSackPermitted() {
        return sackPermitted;
    }

    /** Whether there are options besides those that this view reads: a signature (RFC 5925), a multipath subflow (RFC 8684). */
    public boolean hasOtherOptions() {
        return otherOptions;
    }
}
