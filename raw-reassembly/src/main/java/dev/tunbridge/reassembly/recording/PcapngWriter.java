package dev.tunbridge.reassembly.recording;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.EtherType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes IP packets to a pcapng file (draft-ietf-opsawg-pcapng), with nanosecond stamps and the kernel's word on direction and
 * checksum. Each block is written whole and at once, so what is there can be read while more comes, and after a crash. {@link
 * PcapngBlock} has the drawing.
 *
 * <p>Packets get a Linux cooked header ({@link dev.tunbridge.reassembly.wire.LinkHeader}), not the shorter raw IP: libpcap, and so tcpdump, confuses
 * two numbers of raw IP and refuses a file with a second interface of it.
 */
public final class PcapngWriter implements AutoCloseable {
    private static final long LENGTH_UNKNOWN = -1;
    private static final int LINKTYPE_LINUX_SLL = 113;

    private static final int SECTION_APPLICATION = 4;
    private static final int NANOSECONDS = 9;
    private static final int PACKET_FLAGS = 2;
    private static final int FLAG_INBOUND = 1;
    private static final int FLAG_OUTBOUND = 2;
    private static final int FLAG_CHECKSUM_NOT_READY = 1 << 9;

    private static final int COOKED_BYTES = 16;
    private static final int PACKET_HOST = 0;
    private static final int PACKET_OUTGOING = 4;
    private static final int ARPHRD_NONE = 0xfffe;

    private static final int USUAL_BLOCK_BYTES = 1 << 11;

    private final FileChannel channel;
    private final ByteBuf block = Unpooled.directBuffer(USUAL_BLOCK_BYTES);
    private int interfaces;
    private long writtenBytes;

    private PcapngWriter(FileChannel channel) {
        this.channel = channel;
    }

    /** Makes the file, in the place of one that is there. */
    public static PcapngWriter create(Path path) throws IOException {
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        PcapngWriter writer = new PcapngWriter(channel);
        try {
            writer.writeSectionHeader();
            return writer;
        } catch (IOException | RuntimeException failure) {
            writer.close();
            throw failure;
        }
    }

    private void writeSectionHeader() throws IOException {
        begin(PcapngBlock.SECTION_HEADER);
        block.writeInt(PcapngBlock.BYTE_ORDER_MAGIC).writeShort(1).writeShort(0).writeLong(LENGTH_UNKNOWN);
        option(SECTION_APPLICATION, "Tunbridge".getBytes(StandardCharsets.UTF_8));
        option(PcapngBlock.OPTION_END, new byte[0]);
        end();
    }

    /** Names a source of packets; the number that it returns goes with each of them. */
    public int addInterface(String name) throws IOException {
        begin(PcapngBlock.INTERFACE_DESCRIPTION);
        block.writeShort(LINKTYPE_LINUX_SLL).writeShort(0).writeInt(0);
        option(PcapngBlock.INTERFACE_NAME, name.getBytes(StandardCharsets.UTF_8));
        option(PcapngBlock.INTERFACE_TIME_RESOLUTION, new byte[] {NANOSECONDS});
        option(PcapngBlock.OPTION_END, new byte[0]);
        end();
        return interfaces++;
    }

    /**
     * Writes a packet; its own stamp is not looked at.
     *
     * @param interfaceId from {@link #addInterface}
     * @param epochNanos when it was captured, in nanoseconds since 1970
     */
    public void write(int interfaceId, CapturedSegment segment, long epochNanos) throws IOException {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException(
                    "interface " + interfaceId + " is not known; allowed: below " + interfaces);
        }
        begin(PcapngBlock.ENHANCED_PACKET);
        block.writeInt(interfaceId).writeInt((int) (epochNanos >>> 32)).writeInt((int) epochNanos);
        block.writeInt(COOKED_BYTES + segment.length()).writeInt(COOKED_BYTES + segment.wireLength());
        cookedHeader(segment);
        block.writeBytes(segment.buffer(), segment.index(), segment.length());
        pad();
        block.writeShort(PACKET_FLAGS).writeShort(Integer.BYTES).writeInt(flags(segment));
        option(PcapngBlock.OPTION_END, new byte[0]);
        end();
    }

    private void cookedHeader(CapturedSegment segment) {
        boolean v6 = segment.length() > 0 && segment.buffer().getUnsignedByte(segment.index()) >>> 4 == 6;
        block.writeShort(segment.isOutgoing() ? PACKET_OUTGOING : PACKET_HOST).writeShort(ARPHRD_NONE);
        block.writeShort(0).writeLong(0).writeShort(v6 ? EtherType.IPV6 : EtherType.IPV4);
    }

    private static int flags(CapturedSegment segment) {
        // What has no interface is not live, and nobody knows its direction.
        int direction = segment.interfaceIndex() == 0 ? 0 : segment.isOutgoing() ? FLAG_OUTBOUND : FLAG_INBOUND;
        return direction | (segment.isChecksumUnfinished() ? FLAG_CHECKSUM_NOT_READY : 0);
    }

    /** The size of the file so far: whoever bounds it asks before each packet. */
    public long writtenBytes() {
        return writtenBytes;
    }

    private void begin(int type) {
        block.clear();
        block.writeInt(type).writeInt(0);
    }

    private void option(int code, byte[] value) {
        block.writeShort(code).writeShort(value.length).writeBytes(value);
        pad();
    }

    private void pad() {
        block.writeZero(-block.writerIndex() & 3);
    }

    private void end() throws IOException {
        int length = block.writerIndex() + Integer.BYTES;
        block.writeInt(length).setInt(Integer.BYTES, length);
        ByteBuffer bytes = block.nioBuffer();
        while (bytes.hasRemaining()) {
            writtenBytes += channel.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            block.release();
            channel.close();
        }
    }
}
