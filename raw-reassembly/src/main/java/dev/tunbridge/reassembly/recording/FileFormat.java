package dev.tunbridge.reassembly.recording;

import java.io.IOException;

/** Tells a file by its first bytes. */
final class FileFormat {
    private static final int MAGIC_BYTES = 4;
    private static final int GZIP = 0x1f8b;
    private static final int ZSTD = 0x28b52ffd;
    private static final int LZ4 = 0x04224d18;
    private static final int XZ = 0xfd377a58;
    private static final int BZIP2 = 0x425a68; // "BZh"
    private static final int SNOOP = 0x736e6f6f; // "snoo"

    private FileFormat() {}

    /** Whether it is packed in the one way that the JDK unpacks. */
    static boolean isPacked(FileWindow window) throws IOException {
        return window.reach(0, 2) == 2 && window.buffer().getUnsignedShort(window.indexOf(0)) == GZIP;
    }

    /** The reader for what the window shows; an {@link IOException} says what else it is, and what to do. */
    static PacketReader open(String name, FileWindow window) throws IOException {
        int there = Math.max(0, window.reach(0, MAGIC_BYTES));
        if (there < MAGIC_BYTES) {
            String is = there == 0 ? "is empty" : "has " + there + " bytes";
            throw new IOException(name + ": " + is + (window.cut().isEmpty() ? "" : " (" + window.cut() + ")")
                    + "; allowed: a pcap or pcapng file, packed by gzip or not");
        }
        int magic = window.buffer().getInt(window.indexOf(0));
        if (magic == PcapngBlock.SECTION_HEADER) {
            return new PcapngReader(name, window);
        }
        if (PcapReader.order(magic) != null) {
            return new PcapReader(name, window);
        }
        throw new IOException(
                name + ": unknown file format, it begins with 0x" + String.format("%08x", magic) + cure(magic));
    }

    private static String cure(int magic) {
        String packer = magic == ZSTD ? "zstd" : magic == LZ4 ? "lz4" : magic == XZ ? "xz" : "";
        if (magic >>> 8 == BZIP2) {
            packer = "bzip2";
        }
        if (!packer.isEmpty()) {
            return ": it is packed by " + packer + "; allowed: gzip, or not packed (" + packer + " -d unpacks it)";
        }
        String other = magic == SNOOP ? ": it is a snoop file" : "";
        return other + "; allowed: pcap and pcapng, packed by gzip or not (editcap -F pcapng IN OUT converts what"
                + " Wireshark reads)";
    }
}
