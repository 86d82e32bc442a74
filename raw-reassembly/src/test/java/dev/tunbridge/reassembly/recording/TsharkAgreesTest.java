package dev.tunbridge.reassembly.recording;

import static dev.tunbridge.reassembly.recording.RecordedFile.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tunbridge.reassembly.capture.Seen;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What libpcap does not read, tshark does: files of mixed kinds, and packets in each other. */
class TsharkAgreesTest {
    private static final int FILES = 6;
    private static final int PACKETS_OF_A_FILE = 60;

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("capture");
    }

    @Test
    void onFilesOfSeveralLinkTypesLengthsAndClocks() throws Exception {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(seed + i);
            RecordedFile file = RecordedFile.pcapng(random.nextBoolean());
            List<Integer> headers = new ArrayList<>();
            for (int sections = 1 + random.nextInt(3); sections > 0; sections--) {
                addSection(file, headers, random);
            }
            byte[] bytes = file.toBytes();
            Path path = Files.write(file(), random.nextBoolean() ? RecordedFile.gzip(bytes) : bytes);
            assertSame(path, headers, "seed " + seed + " file " + i);
        }
    }

    private static void addSection(RecordedFile file, List<Integer> headers, Random random) {
        int[] types = {1, 101, 113};
        file.section();
        int interfaces = 1 + random.nextInt(4);
        int[] linkTypes = new int[interfaces];
        for (int i = 0; i < interfaces; i++) {
            linkTypes[i] = types[random.nextInt(types.length)];
            RecordedFile options = file.options()
                    .option(PcapngBlock.INTERFACE_TIME_RESOLUTION, new byte[] {(byte) random.nextInt(10)})
                    .option64(PcapngBlock.INTERFACE_TIME_OFFSET, random.nextInt(100_000))
                    .option(PcapngBlock.OPTION_END, new byte[0]);
            file.describe(linkTypes[i], 1_000 + random.nextInt(100_000), options);
        }
        for (int n = 0; n < PACKETS_OF_A_FILE; n++) {
            int id = random.nextInt(interfaces);
            byte[] packet = ip(random.nextInt(0xffff), random.nextInt(900));
            byte[] frame = switch (linkTypes[id]) {
                case 1 -> RecordedFile.ethernet(packet);
                case 113 -> RecordedFile.cooked(packet);
                default -> packet;
            };
            long units = random.nextLong(1L << 33);
            if (random.nextInt(4) == 0) {
                file.obsolete(id, units, frame);
            } else {
                file.enhanced(id, units, frame, frame.length + random.nextInt(50));
            }
            headers.add(frame.length - packet.length);
        }
    }

    private static void assertSame(Path file, List<Integer> headers, String what)
            throws IOException, InterruptedException {
        List<Seen> ours = Reading.of(file).packets();
        List<String> theirs = OtherReaders.tshark(file, "frame.number", "frame.time_epoch", "frame.len", "ip.id");
        assertThat(ours).as(what).hasSameSizeAs(theirs);
        for (int i = 0; i < ours.size(); i++) {
            Seen seen = ours.get(i);
            String told =
                    (i + 1) + "\t" + BigDecimal.valueOf(seen.timeNanos(), 9).toPlainString() + "\t"
                            + (seen.wireLength() + headers.get(i)) + "\t"
                            + String.format("0x%04x", seen.ip().identification());
            assertThat(told).as("%s frame %d", what, i + 1).isEqualTo(theirs.get(i));
        }
    }

    /** Up to four packets in each other, of every kind that is looked into: the innermost is what tshark shows last. */
    @Test
    void onPacketsInEachOther() throws Exception {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(seed + i);
            RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RecordedFile.ETHERNET);
            List<byte[]> inner = new ArrayList<>();
            for (int n = 0; n < PACKETS_OF_A_FILE; n++) {
                byte[] packet = ip(1 + random.nextInt(0xfffe), 4 + random.nextInt(100));
                inner.add(packet);
                byte[] carried = packet;
                for (int depth = random.nextInt(4); depth > 0; depth--) {
                    carried = Packets.wrap(carried, random);
                }
                byte[] frame = Packets.frame(carried, random);
                file.record(n, 0, frame, frame.length);
            }
            Path path = file.write(file());
            Reading reading = Reading.of(path);
            List<String> theirs = OtherReaders.tshark(path, "ip.id", "udp.srcport");
            String what = "seed " + seed + " file " + i;
            assertThat(reading.packets()).as(what).hasSameSizeAs(inner);
            assertThat(reading.tally().unread()).as(what).isEmpty();
            for (int n = 0; n < inner.size(); n++) {
                String told = String.format(
                        "0x%04x\t5000", reading.packets().get(n).ip().identification());
                assertThat(reading.packets().get(n).bytes())
                        .as("%s frame %d", what, n + 1)
                        .isEqualTo(inner.get(n));
                assertThat(told).as("%s frame %d", what, n + 1).isEqualTo(theirs.get(n));
            }
        }
    }

    /** Carriers, each built from its drawing in the RFC. */
    private static final class Packets {
        static byte[] frame(byte[] packet, Random random) {
            String type = isVersion4(packet) ? "0800" : "86dd";
            String front = "020000000001020000000002";
            return RecordedFile.join(
                    switch (random.nextInt(5)) {
                        case 0 -> front + "88a80064" + "810000c8" + type;
                        case 1 ->
                            front + "88641100002a" + hex16(packet.length + 2) + (isVersion4(packet) ? "0021" : "0057");
                        case 2 -> front + "8847" + "00010040" + "00011140";
                        default -> front + type;
                    },
                    packet);
        }

        static boolean isVersion4(byte[] packet) {
            return packet[0] >>> 4 == 4;
        }

        static byte[] wrap(byte[] packet, Random random) {
            boolean outerVersion4 = random.nextBoolean();
            String type = isVersion4(packet) ? "0800" : "86dd";
            int direct = isVersion4(packet) ? 4 : 41;
            String ethernet = "0a00000000010a0000000002" + type;
            return switch (random.nextInt(6)) {
                case 0 -> in(outerVersion4, direct, packet, random);
                case 1 -> in(outerVersion4, 47, gre(type, packet, random), random);
                case 2 -> in(outerVersion4, 47, gre("6558", RecordedFile.join(ethernet, packet), random), random);
                case 3 -> in(outerVersion4, 47, gre("8847", RecordedFile.join("000641ff", packet), random), random);
                case 4 ->
                    in(outerVersion4, 17, udp(4_789, "0800000000002a00", RecordedFile.join(ethernet, packet)), random);
                default ->
                    in(
                            outerVersion4,
                            17,
                            udp(6_081, "0100655800002a00" + "00010200", RecordedFile.join(ethernet, packet)),
                            random);
            };
        }

        private static byte[] gre(String type, byte[] carried, Random random) {
            int flags = random.nextInt(8);
            boolean sum = (flags & 4) != 0;
            String header = String.format(
                            "%02x00", (sum ? 0x80 : 0) | ((flags & 2) != 0 ? 0x20 : 0) | ((flags & 1) != 0 ? 0x10 : 0))
                    + type
                    + (sum ? "00000000" : "")
                    + ((flags & 2) != 0 ? "00000007" : "")
                    + ((flags & 1) != 0 ? "00000009" : "");
            return RecordedFile.join(header, carried);
        }

        private static byte[] udp(int port, String header, byte[] carried) {
            int length = 8 + header.length() / 2 + carried.length;
            return RecordedFile.join("c350" + hex16(port) + hex16(length) + "0000" + header, carried);
        }

        private static byte[] in(boolean version4, int protocol, byte[] payload, Random random) {
            ByteBuf packet = Unpooled.buffer();
            if (version4) {
                packet.writeShort(0x4500).writeShort(20 + payload.length).writeInt(0x1234_4000);
                packet.writeByte(64)
                        .writeByte(protocol)
                        .writeShort(0)
                        .writeInt(0x0a00_0001)
                        .writeInt(0x0a00_0002);
            } else {
                boolean limit = random.nextBoolean(); // as Linux writes it, RFC 2473 section 4.1.1
                packet.writeInt(0x6000_0000).writeShort(payload.length + (limit ? 8 : 0));
                packet.writeByte(limit ? 60 : protocol).writeByte(64);
                packet.writeLong(0x2001_0002_0000_0000L)
                        .writeLong(1)
                        .writeLong(0x2001_0002_0000_0000L)
                        .writeLong(2);
                if (limit) {
                    packet.writeByte(protocol)
                            .writeByte(0)
                            .writeInt(0x0401_0401)
                            .writeShort(0x0100);
                }
            }
            packet.writeBytes(payload);
            return ByteBufUtil.getBytes(packet);
        }

        private static String hex16(int value) {
            return String.format("%04x", value);
        }
    }

    @Test
    void onWhatIsTooDeepAndWhatIsEncrypted() throws Exception {
        byte[] packet = ip(7, 10);
        byte[] deep = packet;
        for (int i = 0; i <= 4; i++) {
            deep = Packets.in(true, 4, deep, new Random());
        }
        byte[] encrypted = Packets.in(true, 50, new byte[60], new Random());
        byte[] pptp = Packets.in(true, 47, RecordedFile.join("3001880b00100001", new byte[20]), new Random());
        RecordedFile file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RecordedFile.RAW);
        for (byte[] each : List.of(deep, encrypted, encrypted, pptp)) {
            file.record(1, 0, each, each.length);
        }
        assertThat(Reading.of(file.write(file())).tally().unread())
                .extracting(FileTally.Unread::what, FileTally.Unread::packets, FileTally.Unread::first)
                .containsExactly(
                        tuple("IPsec (ESP), which is encrypted", 2L, "10.0.0.1 to 10.0.0.2"),
                        tuple("GRE of version 1 (PPTP)", 1L, "10.0.0.1 to 10.0.0.2"),
                        tuple("more than 4 packets in each other", 1L, "10.0.0.1 to 10.0.0.2"));
    }

    /** As mergecap, editcap and gzip leave them. */
    @Test
    void onFilesOfWiresharksOwnTools() throws Exception {
        RecordedFile first = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RecordedFile.ETHERNET);
        RecordedFile second = RecordedFile.pcap(false, PcapReader.MAGIC_NANOSECONDS, RecordedFile.RAW);
        for (int i = 0; i < 40; i++) {
            byte[] framed = RecordedFile.ethernet(ip(i, 500));
            first.record(i, i, framed, framed.length);
            second.record(i, 999_999_999 - i, ip(1_000 + i, 600), 628);
        }
        Path one = first.write(folder.resolve("one"));
        Path two = second.write(folder.resolve("two"));
        Path shorter = folder.resolve("shorter");
        OtherReaders.run("editcap", "-s", "120", two.toString(), shorter.toString());
        OtherReaders.run("mergecap", "-w", file().toString(), one.toString(), shorter.toString());
        Reading merged = Reading.of(file());
        List<String> theirs = OtherReaders.tshark(file(), "ip.id", "frame.time_epoch");
        assertThat(merged.damage()).isEmpty();
        assertThat(merged.packets()).hasSize(80);
        for (int i = 0; i < 80; i++) {
            Seen seen = merged.packets().get(i);
            int id = Unpooled.wrappedBuffer(seen.bytes()).getUnsignedShort(4);
            assertThat(String.format(
                            "0x%04x\t%s",
                            id, BigDecimal.valueOf(seen.timeNanos(), 9).toPlainString()))
                    .isEqualTo(theirs.get(i));
        }
        assertThat(merged.packets()).anySatisfy(seen -> {
            assertThat(seen.bytes()).hasSize(120);
            assertThat(seen.wireLength()).isEqualTo(628);
        });
    }
}
