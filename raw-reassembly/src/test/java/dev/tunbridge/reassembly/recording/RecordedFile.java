package dev.tunbridge.reassembly.recording;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes capture files as a test wants them, right and wrong; the bytes of a block are in the drawing of {@link PcapngBlock}. */
final class RecordedFile {
    static final int ETHERNET = 1;
    static final int RAW = 101;
    static final int COOKED = 113;

    private final ByteBuf out = Unpooled.buffer();
    private final boolean littleEndian;

    private RecordedFile(boolean littleEndian) {
        this.littleEndian = littleEndian;
    }

    static RecordedFile pcap(boolean littleEndian, int magic, int linkType) {
        return new RecordedFile(littleEndian)
                .u32(magic)
                .u16(2)
                .u16(4)
                .u32(0)
                .u32(0)
                .u32(262_144)
                .u32(linkType);
    }

    static RecordedFile pcapng(boolean littleEndian) {
        return new RecordedFile(littleEndian);
    }

    /** A record of pcap. */
    RecordedFile record(long seconds, long fraction, byte[] frame, int wireBytes) {
        u32((int) seconds).u32((int) fraction).u32(frame.length).u32(wireBytes);
        out.writeBytes(frame);
        return this;
    }

    /** What the record header of patched pcap has more. */
    RecordedFile patchedRecord(long seconds, long fraction, byte[] frame) {
        u32((int) seconds).u32((int) fraction).u32(frame.length).u32(frame.length);
        u32(2).u16(0x0800).u16(0);
        out.writeBytes(frame);
        return this;
    }

    RecordedFile section() {
        RecordedFile body = new RecordedFile(littleEndian)
                .u32(PcapngBlock.BYTE_ORDER_MAGIC)
                .u16(1)
                .u16(0);
        body.out.writeLong(-1);
        return block(PcapngBlock.SECTION_HEADER, body);
    }

    RecordedFile describe(int linkType, int snapshot, RecordedFile options) {
        RecordedFile body = new RecordedFile(littleEndian).u16(linkType).u16(0).u32(snapshot);
        body.out.writeBytes(options.out, 0, options.out.writerIndex());
        return block(PcapngBlock.INTERFACE_DESCRIPTION, body);
    }

    RecordedFile describe(int linkType, int snapshot) {
        return describe(linkType, snapshot, options());
    }

    RecordedFile options() {
        return new RecordedFile(littleEndian);
    }

    RecordedFile option(int code, byte[] value) {
        u16(code).u16(value.length).bytes(value);
        return this;
    }

    RecordedFile option64(int code, long value) {
        u16(code).u16(8);
        if (littleEndian) {
            out.writeLongLE(value);
        } else {
            out.writeLong(value);
        }
        return this;
    }

    RecordedFile enhanced(int interfaceId, long units, byte[] frame, int wireBytes) {
        return block(
                PcapngBlock.ENHANCED_PACKET,
                new RecordedFile(littleEndian)
                        .u32(interfaceId)
                        .u32((int) (units >>> 32))
                        .u32((int) units)
                        .u32(frame.length)
                        .u32(wireBytes)
                        .bytes(frame));
    }

    RecordedFile obsolete(int interfaceId, long units, byte[] frame) {
        return block(
                PcapngBlock.PACKET,
                new RecordedFile(littleEndian)
                        .u16(interfaceId)
                        .u16(0xffff)
                        .u32((int) (units >>> 32))
                        .u32((int) units)
                        .u32(frame.length)
                        .u32(frame.length)
                        .bytes(frame));
    }

    /** The frame may be cut by the interface's longest. */
    RecordedFile simple(byte[] frame, int wireBytes) {
        return block(
                PcapngBlock.SIMPLE_PACKET,
                new RecordedFile(littleEndian).u32(wireBytes).bytes(frame));
    }

    RecordedFile block(int type, RecordedFile body) {
        int length = body.out.writerIndex() + PcapngBlock.SHORTEST_BYTES;
        u32(type).u32(length);
        out.writeBytes(body.out, 0, body.out.writerIndex());
        return u32(length);
    }

    RecordedFile u16(int value) {
        if (littleEndian) {
            out.writeShortLE(value);
        } else {
            out.writeShort(value);
        }
        return this;
    }

    RecordedFile u32(int value) {
        if (littleEndian) {
            out.writeIntLE(value);
        } else {
            out.writeInt(value);
        }
        return this;
    }

    /** Padded to four. */
    RecordedFile bytes(byte[] value) {
        out.writeBytes(value).writeZero(-value.length & 3);
        return this;
    }

    int size() {
        return out.writerIndex();
    }

    RecordedFile set32(int at, int value) {
        if (littleEndian) {
            out.setIntLE(at, value);
        } else {
            out.setInt(at, value);
        }
        return this;
    }

    RecordedFile set8(int at, int value) {
        out.setByte(at, value);
        return this;
    }

    byte[] toBytes() {
        return ByteBufUtil.getBytes(out, 0, out.writerIndex());
    }

    Path write(Path file) throws IOException {
        return Files.write(file, toBytes());
    }

    Path cutTo(int bytes, Path file) throws IOException {
        return Files.write(file, java.util.Arrays.copyOf(toBytes(), bytes));
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    /** A UDP packet whose payload tells which one it is. */
    static byte[] ip(int number, int payloadBytes) {
        int udpBytes = 8 + Math.max(4, payloadBytes);
        ByteBuf packet = Unpooled.buffer();
        packet.writeShort(0x4500)
                .writeShort(20 + udpBytes)
                .writeInt(number << 16)
                .writeShort(0x4011)
                .writeShort(0);
        packet.writeInt(0xc6120001).writeInt(0xc6120002);
        packet.writeShort(5_000)
                .writeShort(5_001)
                .writeShort(udpBytes)
                .writeShort(0)
                .writeInt(number);
        packet.writeZero(20 + udpBytes - packet.writerIndex());
        return ByteBufUtil.getBytes(packet);
    }

    static byte[] ethernet(byte[] ip) {
        return join("0200000000010200000000020800", ip);
    }

    static byte[] cooked(byte[] ip) {
        return join("00000001000602000000000100000800", ip);
    }

    static byte[] join(String header, byte[] rest) {
        byte[] front = ByteBufUtil.decodeHexDump(header);
        byte[] all = java.util.Arrays.copyOf(front, front.length + rest.length);
        System.arraycopy(rest, 0, all, front.length, rest.length);
        return all;
    }
}
