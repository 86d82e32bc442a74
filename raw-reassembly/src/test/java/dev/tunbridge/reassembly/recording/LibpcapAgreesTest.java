package dev.tunbridge.reassembly.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tunbridge.reassembly.capture.Seen;
import java.io.EOFException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/** What libpcap reads, we read, and the same: files that are made at random, and captures that others made. */
class LibpcapAgreesTest {
    private static final int FILES = 200;

    @TempDir
    Path folder;

    /** A frame as libpcap has it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    private record Frame(byte[] bytes, int wireLength, long timeNanos) {}

    @Test
    void ofPcapFiles() throws Exception {
        long seed = seed();
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(seed + i);
            boolean nanoseconds = random.nextBoolean();
            int magic = nanoseconds ? PcapReader.MAGIC_NANOSECONDS : PcapReader.MAGIC_MICROSECONDS;
            Link link = Link.values()[random.nextInt(Link.values().length)];
            RecordedFile file = RecordedFile.pcap(random.nextBoolean(), magic, link.number);
            for (int n = random.nextInt(30); n > 0; n--) {
                byte[] frame = frame(link, n, random);
                file.record(
                        random.nextInt(Integer.MAX_VALUE), // libpcap's last second is in January 2038
                        random.nextInt(nanoseconds ? 1_000_000_000 : 1_000_000),
                        frame,
                        frame.length + random.nextInt(100));
            }
            assertSame(file.write(folder.resolve("capture")), "seed " + seed + " file " + i, true);
        }
    }

    /** Of one link type and one snapshot length, because libpcap reads no others. */
    @Test
    void ofPcapngFiles() throws Exception {
        long seed = seed();
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(seed + i);
            Link link = Link.values()[1 + random.nextInt(Link.values().length - 1)];
            RecordedFile file = RecordedFile.pcapng(random.nextBoolean());
            for (int sections = 1 + random.nextInt(3); sections > 0; sections--) {
                addSection(file, link, random);
            }
            assertSame(file.write(folder.resolve("capture")), "seed " + seed + " file " + i, true);
        }
    }

    private static void addSection(RecordedFile file, Link link, Random random) {
        file.section();
        int interfaces = 0;
        for (int n = random.nextInt(30); n > 0 || interfaces == 0; n--) {
            int kind = random.nextInt(8);
            if (interfaces == 0 || kind == 0) {
                RecordedFile options = file.options();
                if (random.nextBoolean()) {
                    options.option(
                            PcapngBlock.INTERFACE_NAME, "eth".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                }
                int power = random.nextInt(10);
                options.option(
                        PcapngBlock.INTERFACE_TIME_RESOLUTION,
                        new byte[] {(byte) (random.nextBoolean() ? power : 0x80 | 2 * power)});
                if (random.nextBoolean()) {
                    options.option64(PcapngBlock.INTERFACE_TIME_OFFSET, random.nextInt(1_000_000));
                }
                file.describe(link.number, 0, options.option(PcapngBlock.OPTION_END, new byte[0]));
                interfaces++;
                continue;
            }
            byte[] frame = frame(link, n, random);
            long units = random.nextInt(1_000_000_000);
            switch (kind) {
                case 1 -> file.obsolete(random.nextInt(interfaces), units, frame);
                case 2 -> file.block(0xbad + random.nextInt(5), file.options().bytes(new byte[random.nextInt(99)]));
                default -> file.enhanced(random.nextInt(interfaces), units, frame, frame.length + random.nextInt(100));
            }
        }
    }

    /** Captures that others made; they have what is no IP too, and that we pass over. */
    @Test
    void ofTheCorpus() throws Exception {
        Path corpus = corpus();
        List<Path> files;
        try (Stream<Path> list = Files.list(corpus)) {
            files = list.filter(file -> file.toString().matches(".*\\.pcap(ng)?"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSizeGreaterThan(40);
        for (Path file : files) {
            assertSame(file, file.toString(), false);
        }
    }

    private static Path corpus() {
        String told = System.getProperty("tunbridge.corpus");
        if (told != null) {
            return Path.of(told);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path beside = at.resolveSibling("shared").resolve("corpus");
            if (Files.isDirectory(beside)) {
                return beside;
            }
        }
        return abort(
                "skipped: there are no captures of others at ../shared/corpus (-Dtunbridge.corpus=FOLDER says where)");
    }

    /** Ours are the ends of theirs, and all of them where each frame is known to hold a packet. */
    private static void assertSame(Path file, String what, boolean isAllIp) throws Exception {
        Reading ours = Reading.of(file);
        List<Frame> theirs = byLibpcap(file);
        assertThat(ours.damage()).as(what).isEmpty();
        assertThat(ours.tally().frames()).as(what).isEqualTo(theirs.size());
        if (isAllIp) {
            assertThat(ours.packets()).as(what).hasSameSizeAs(theirs);
        }
        int next = 0;
        for (Seen seen : ours.packets()) {
            while (!isEndOf(seen, theirs.get(next))) {
                assertThat(isAllIp).as("%s: frame %d differs", what, next + 1).isFalse();
                next++;
            }
            next++;
        }
    }

    private static boolean isEndOf(Seen seen, Frame frame) {
        int header = frame.bytes.length - seen.bytes().length;
        return header >= 0
                && Arrays.equals(Arrays.copyOfRange(frame.bytes, header, frame.bytes.length), seen.bytes())
                && seen.timeNanos() == frame.timeNanos
                && seen.wireLength() == frame.wireLength - header;
    }

    private static List<Frame> byLibpcap(Path file) throws Exception {
        List<Frame> frames = new ArrayList<>();
        try (PcapHandle handle = Pcaps.openOffline(file.toString(), TimestampPrecision.NANO)) {
            while (true) {
                byte[] frame = handle.getNextRawPacketEx();
                long seconds = Math.floorDiv(handle.getTimestamp().getTime(), 1_000L);
                frames.add(new Frame(
                        frame,
                        handle.getOriginalLength(),
                        seconds * 1_000_000_000L + handle.getTimestamp().getNanos()));
            }
        } catch (EOFException end) {
            return frames;
        } catch (PcapNativeException e) {
            throw new AssertionError(file + ": " + e.getMessage(), e);
        } catch (LinkageError missing) {
            return abort("skipped: libpcap is not installed");
        }
    }

    private enum Link {
        /** Of which libpcap reads one interface a pcapng file, having confused its two numbers. */
        RAW(101, ""),
        ETHERNET(1, "0200000000010200000000020800"),
        VLAN(1, "020000000001020000000002810000050800"),
        COOKED(113, "00000001000602000000000100000800"),
        COOKED_2(276, "0800000000000007000100060200000000010000"),
        NULL(0, "02000000"),
        PPP(9, "ff030021");

        private final int number;
        private final String header;

        Link(int number, String header) {
            this.number = number;
            this.header = header;
        }
    }

    private static byte[] frame(Link link, int number, Random random) {
        return RecordedFile.join(link.header, RecordedFile.ip(number, random.nextInt(1_500)));
    }

    private static long seed() {
        return Long.getLong("tunbridge.seed", System.nanoTime());
    }
}
