package dev.tunbridge.reassembly.recording;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A pcapng file of any number of sections and interfaces; {@link PcapngBlock} has the drawing. */
final class PcapngReader extends PacketReader {
    /** Of one section; a number of two bytes was enough for the obsolete packet block. */
    private static final int MOST_INTERFACES = 1 << 16;

    private static final int LENGTH_BEFORE_VALUE = PcapngBlock.OPTION_VALUE_AT - PcapngBlock.OPTION_LENGTH_AT;

    private final List<Interface> interfaces = new ArrayList<>();
    private boolean littleEndian;
    private long position;
    private long blockLength;
    private long droppedInSectionsBefore;

    /** What a section says of a source of frames. */
    private static final class Interface {
        private final int linkNumber;
        private final long longestFrame;
        private TimeScale scale = new TimeScale(TimeScale.MICROSECONDS, 0);
        private long dropped;

        private Interface(int linkNumber, long longestFrame) {
            this.linkNumber = linkNumber;
            this.longestFrame = longestFrame;
        }
    }

    /** Takes an option of a block. */
    private interface OptionReader {
        void onOption(int code, int at, int length) throws IOException;
    }

    PcapngReader(String name, FileWindow window) throws IOException {
        super(name, window);
        begin();
        passSectionHeader();
    }

    @Override
    boolean next() throws IOException {
        while (passBlock() && begin()) {
            switch (unsigned32(0)) {
                case PcapngBlock.SECTION_HEADER -> passSectionHeader();
                case PcapngBlock.INTERFACE_DESCRIPTION -> addInterface();
                case PcapngBlock.INTERFACE_STATISTICS -> readStatistics();
                case PcapngBlock.ENHANCED_PACKET -> {
                    readPacket(Integer.toUnsignedLong(unsigned32(PcapngBlock.INTERFACE_AT)));
                    return true;
                }
                case PcapngBlock.PACKET -> {
                    readPacket(unsigned16(PcapngBlock.INTERFACE_AT));
                    return true;
                }
                case PcapngBlock.SIMPLE_PACKET -> {
                    readSimplePacket();
                    return true;
                }
                default -> {
                    // Names, secrets, comments, and what others have invented.
                }
            }
        }
        return false;
    }

    /** Reads the beginning of the block at the position; false where the file ends. */
    private boolean begin() throws IOException {
        int there = window.reach(position, PcapngBlock.SHORTEST_BYTES);
        if (there <= 0 && window.cut().isEmpty()) {
            return false;
        }
        if (there < PcapngBlock.SHORTEST_BYTES) {
            throw ends(position);
        }
        if (unsigned32(0) == PcapngBlock.SECTION_HEADER) {
            int order = window.buffer().getInt(window.indexOf(position) + PcapngBlock.BODY_AT);
            littleEndian = order == Integer.reverseBytes(PcapngBlock.BYTE_ORDER_MAGIC);
            if (!littleEndian && order != PcapngBlock.BYTE_ORDER_MAGIC) {
                throw refusal(
                        position + PcapngBlock.BODY_AT,
                        "byte order of a section is 0x" + Integer.toHexString(order)
                                + "; allowed: 0x1a2b3c4d and 0x4d3c2b1a");
            }
        }
        blockLength = Integer.toUnsignedLong(unsigned32(PcapngBlock.LENGTH_AT));
        if (blockLength < PcapngBlock.SHORTEST_BYTES || (blockLength & 3) != 0) {
            throw refusal(
                    position + PcapngBlock.LENGTH_AT,
                    "length of a block",
                    blockLength,
                    PcapngBlock.SHORTEST_BYTES + " or more, by fours");
        }
        return true;
    }

    /** Goes behind the block that was read, whose length stands at its end again; so late, because a window does not go back. */
    private boolean passBlock() throws IOException {
        long again = position + blockLength - PcapngBlock.LENGTH_AGAIN_BYTES;
        require(again, PcapngBlock.LENGTH_AGAIN_BYTES, position);
        int at = window.indexOf(again);
        ByteBuf buffer = window.buffer();
        long length = Integer.toUnsignedLong(littleEndian ? buffer.getIntLE(at) : buffer.getInt(at));
        if (length != blockLength) {
            throw refusal(again, "length at the end of a block", length, blockLength + ", as at its beginning");
        }
        position += blockLength;
        return true;
    }

    private void passSectionHeader() throws IOException {
        needs("section header", PcapngBlock.SECTION_OPTIONS_AT);
        int major = unsigned16(PcapngBlock.MAJOR_AT);
        int minor = unsigned16(PcapngBlock.MINOR_AT);
        if (major != 1 || (minor != 0 && minor != 2)) {
            throw refusal(
                    position + PcapngBlock.MAJOR_AT,
                    "version of a section is " + major + "." + minor + "; allowed: 1.0 and 1.2");
        }
        droppedInSectionsBefore = dropped();
        interfaces.clear();
    }

    private void addInterface() throws IOException {
        needs("interface description", PcapngBlock.INTERFACE_OPTIONS_AT);
        if (interfaces.size() == MOST_INTERFACES) {
            throw refusal(
                    position, "number of interfaces in a section", MOST_INTERFACES + 1, "up to " + MOST_INTERFACES);
        }
        Interface added = new Interface(
                unsigned16(PcapngBlock.LINK_TYPE_AT), Integer.toUnsignedLong(unsigned32(PcapngBlock.LONGEST_FRAME_AT)));
        int[] resolution = {TimeScale.MICROSECONDS};
        long[] offset = {0};
        readOptions(PcapngBlock.INTERFACE_OPTIONS_AT, (code, at, length) -> {
            if (code == PcapngBlock.INTERFACE_TIME_RESOLUTION) {
                mustHave("if_tsresol", at, length, 1);
                resolution[0] = window.buffer().getUnsignedByte(window.indexOf(position) + at);
                if (!TimeScale.isAllowed(resolution[0])) {
                    throw refusal(position + at, "if_tsresol", resolution[0], TimeScale.allowed());
                }
            } else if (code == PcapngBlock.INTERFACE_TIME_OFFSET) {
                mustHave("if_tsoffset", at, length, Long.BYTES);
                offset[0] = unsigned64(at);
            }
        });
        added.scale = new TimeScale(resolution[0], offset[0]);
        interfaces.add(added);
    }

    private void readStatistics() throws IOException {
        needs("interface statistics", PcapngBlock.STATISTICS_OPTIONS_AT);
        Interface of = find(Integer.toUnsignedLong(unsigned32(PcapngBlock.INTERFACE_AT)));
        readOptions(PcapngBlock.STATISTICS_OPTIONS_AT, (code, at, length) -> {
            if (code == PcapngBlock.STATISTICS_DROPPED) {
                mustHave("isb_ifdrop", at, length, Long.BYTES);
                of.dropped = Math.max(0, unsigned64(at)); // since the capture began, so the last one counts
            }
        });
    }

    private void readOptions(int from, OptionReader reader) throws IOException {
        if (blockLength > FileWindow.MOST_REACH) {
            throw refusal(
                    position + PcapngBlock.LENGTH_AT,
                    "length of a block with options",
                    blockLength,
                    "up to " + FileWindow.MOST_REACH);
        }
        require(position, (int) blockLength, position);
        int end = (int) blockLength - PcapngBlock.LENGTH_AGAIN_BYTES;
        int at = from;
        while (at + PcapngBlock.OPTION_VALUE_AT <= end) {
            int code = unsigned16(at);
            int length = unsigned16(at + PcapngBlock.OPTION_LENGTH_AT);
            at += PcapngBlock.OPTION_VALUE_AT;
            if (code == PcapngBlock.OPTION_END) {
                return;
            }
            if (length > end - at) {
                throw refusal(
                        position + at - LENGTH_BEFORE_VALUE,
                        "length of option " + code,
                        length,
                        "up to " + (end - at) + ", which its block has");
            }
            reader.onOption(code, at, length);
            at += (length + 3) & ~3;
        }
    }

    private void mustHave(String option, int at, int length, int allowed) throws IOException {
        if (length != allowed) {
            throw refusal(position + at - LENGTH_BEFORE_VALUE, "length of " + option, length, String.valueOf(allowed));
        }
    }

    private void readPacket(long interfaceId) throws IOException {
        beginFrame();
        needs("packet", PcapngBlock.FRAME_AT);
        Interface from = find(interfaceId);
        long units = ((long) unsigned32(PcapngBlock.STAMP_AT) << 32)
                | Integer.toUnsignedLong(unsigned32(PcapngBlock.STAMP_AT + 4));
        long captured = Integer.toUnsignedLong(unsigned32(PcapngBlock.CAPTURED_AT));
        long wire = Integer.toUnsignedLong(unsigned32(PcapngBlock.WIRE_AT));
        takeFrame(from, PcapngBlock.FRAME_AT, captured, wire);
        long nanos = from.scale.toNanos(units);
        if (nanos == TimeScale.UNKNOWN) {
            noStamp();
        } else {
            stamp(nanos);
        }
    }

    private void readSimplePacket() throws IOException {
        beginFrame();
        needs("simple packet", PcapngBlock.SIMPLE_FRAME_AT);
        Interface from = find(0);
        long wire = Integer.toUnsignedLong(unsigned32(PcapngBlock.SIMPLE_WIRE_AT));
        long captured = Math.min(wire, from.longestFrame == 0 ? Long.MAX_VALUE : from.longestFrame);
        takeFrame(from, PcapngBlock.SIMPLE_FRAME_AT, captured, wire);
        noStamp();
    }

    private void takeFrame(Interface from, int frameAt, long captured, long wire) throws IOException {
        checkLength(captured, position);
        long room = blockLength - frameAt - PcapngBlock.LENGTH_AGAIN_BYTES;
        if (captured > room) {
            throw refusal(position, "captured length", captured, "up to " + room + ", which its block has");
        }
        require(position, frameAt + (int) captured, position);
        frame(from.linkNumber, window.indexOf(position) + frameAt, (int) captured, (int)
                Math.min(wire, Integer.MAX_VALUE));
    }

    private Interface find(long id) throws IOException {
        if (id >= interfaces.size()) {
            throw refusal(
                    position,
                    "interface",
                    id,
                    interfaces.isEmpty()
                            ? "none, because the section describes none in front of it"
                            : "below " + interfaces.size() + ", as many as the section has described");
        }
        return interfaces.get((int) id);
    }

    private void needs(String kind, int bytes) throws IOException {
        if (blockLength < bytes + PcapngBlock.LENGTH_AGAIN_BYTES) {
            throw refusal(
                    position + PcapngBlock.LENGTH_AT,
                    "length of a block of type '" + kind + "'",
                    blockLength,
                    bytes + PcapngBlock.LENGTH_AGAIN_BYTES + " or more");
        }
        require(position, bytes, position);
    }

    @Override
    long dropped() {
        long sum = droppedInSectionsBefore;
        for (Interface each : interfaces) {
            sum += each.dropped;
        }
        return sum;
    }

    private int unsigned16(int at) {
        int index = window.indexOf(position) + at;
        return littleEndian
                ? window.buffer().getUnsignedShortLE(index)
                : window.buffer().getUnsignedShort(index);
    }

    private int unsigned32(int at) {
        int index = window.indexOf(position) + at;
        return littleEndian ? window.buffer().getIntLE(index) : window.buffer().getInt(index);
    }

    private long unsigned64(int at) {
        int index = window.indexOf(position) + at;
        return littleEndian ? window.buffer().getLongLE(index) : window.buffer().getLong(index);
    }
}
