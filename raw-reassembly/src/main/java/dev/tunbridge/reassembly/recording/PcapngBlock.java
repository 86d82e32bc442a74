package dev.tunbridge.reassembly.recording;

/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in the byte order of their section.
 *
 * <pre>
 *   every block               0 | type (4) | length of the block (8 more than what is between) ... | length again |
 *   section header            8 | 1a2b3c4d, tells the byte order (4) | major (2) | minor (2) | section length (8) |
 *   interface description     8 | link type (2) | unused (2) | longest frame, or 0 (4) | options
 *   enhanced packet           8 | interface (4) | stamp, upper half (4) | lower half (4) |
 *                            20 | captured length (4) | length on the wire (4) | frame, padded to four | options
 *   simple packet             8 | length on the wire (4) | frame of the first interface, without stamp
 *   packet (obsolete)         8 | interface (2) | lost in front of it (2) | stamp, as above (8) |
 *                            20 | captured length (4) | length on the wire (4) | frame, padded to four | options
 *   interface statistics      8 | interface (4) | stamp (8) | options
 *
 *   option                    0 | code (2) | length (2) | value, padded to four
 * </pre>
 */
final class PcapngBlock {
    static final int SECTION_HEADER = 0x0a0d0d0a; // reads the same in either byte order
    static final int INTERFACE_DESCRIPTION = 1;
    static final int PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    static final int INTERFACE_STATISTICS = 5;
    static final int ENHANCED_PACKET = 6;

    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;

    static final int LENGTH_AT = 4;
    static final int BODY_AT = 8;
    static final int LENGTH_AGAIN_BYTES = 4;
    /** Without a body. */
    static final int SHORTEST_BYTES = 12;

    static final int MAJOR_AT = 12;
    static final int MINOR_AT = 14;
    static final int SECTION_OPTIONS_AT = 24;

    static final int LINK_TYPE_AT = 8;
    static final int LONGEST_FRAME_AT = 12;
    static final int INTERFACE_OPTIONS_AT = 16;

    static final int INTERFACE_AT = 8;
    static final int STAMP_AT = 12;
    static final int CAPTURED_AT = 20;
    static final int WIRE_AT = 24;
    static final int FRAME_AT = 28;

    static final int SIMPLE_WIRE_AT = 8;
    static final int SIMPLE_FRAME_AT = 12;

    static final int STATISTICS_OPTIONS_AT = 20;

    static final int OPTION_LENGTH_AT = 2;
    static final int OPTION_VALUE_AT = 4;
    static final int OPTION_END = 0;
    static final int INTERFACE_NAME = 2;
    static final int INTERFACE_TIME_RESOLUTION = 9;
    static final int INTERFACE_TIME_OFFSET = 14;
    static final int STATISTICS_DROPPED = 5;

    private PcapngBlock() {}
}
