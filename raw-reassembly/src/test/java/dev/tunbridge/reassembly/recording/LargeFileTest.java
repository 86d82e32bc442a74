package dev.tunbridge.reassembly.recording;

import static dev.tunbridge.reassembly.recording.RecordedFile.RAW;
import static dev.tunbridge.reassembly.recording.RecordedFile.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.capture.Seen;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files beyond what one mapping holds. Most of them is a hole, which takes no room on the disk. */
class LargeFileTest {
    private static final int FRAME_BYTES = PacketReader.MOST_FRAME_BYTES;

    @TempDir
    Path folder;

    @Test
    void aPcapFileBeyondTwoGibibytesIsReadToItsLastFrame() throws Exception {
        int frames = (int) (2_300_000_000L / FRAME_BYTES);
        Path file = RecordedFile.pcap(true, PcapReader.MAGIC_MICROSECONDS, RAW).write(folder.resolve("large"));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long at = 24;
            for (int i = 0; i < frames; i++) {
                RecordedFile header =
                        RecordedFile.pcapng(true).u32(i).u32(0).u32(FRAME_BYTES).u32(FRAME_BYTES);
                channel.write(ByteBuffer.wrap(header.toBytes()), at);
                channel.write(ByteBuffer.wrap(ip(i, 100)), at + 16);
                at += 16 + FRAME_BYTES;
            }
            RecordedFile last = RecordedFile.pcapng(true).u32(7).u32(8).u32(32).u32(32);
            channel.write(ByteBuffer.wrap(last.bytes(ip(77, 4)).toBytes()), at);
            assertThat(at).isGreaterThan(Integer.MAX_VALUE);
        }
        long[] sums = new long[3];
        try (CaptureFile source = CaptureFile.open(file)) {
            while (source.drain(
                            segment -> {
                                sums[0]++;
                                sums[1] += segment.length();
                                sums[2] = segment.buffer().getInt(segment.index() + 28);
                            },
                            100)
                    >= 0) {
                // Until the end.
            }
        }
        assertThat(sums).containsExactly(frames + 1L, (long) frames * FRAME_BYTES + 32, 77);
    }

    @Test
    void aBlockOfThreeGibibytesIsSkipped() throws Exception {
        long length = 3L << 30;
        RecordedFile begin =
                RecordedFile.pcapng(true).section().describe(RAW, 0).enhanced(0, 1, ip(1, 4), 32);
        Path file = begin.u32(0xbad).u32((int) length).write(folder.resolve("large"));
        long from = begin.size() - 8L;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            RecordedFile rest = RecordedFile.pcapng(true).u32((int) length).enhanced(0, 2, ip(2, 4), 32);
            channel.write(ByteBuffer.wrap(rest.toBytes()), from + length - 4);
        }
        assertThat(Reading.of(file).packets()).extracting(Seen::bytes).containsExactly(ip(1, 4), ip(2, 4));
    }

    /** Wherever the edge of a window falls. */
    @Test
    void frameAfterFrameIsWholeOverTheEdgesOfSmallWindows() throws Exception {
        long seed = Long.getLong("tunbridge.seed", System.nanoTime());
        Random random = new Random(seed);
        RecordedFile file = RecordedFile.pcapng(true).section().describe(RAW, 0);
        int frames = 400;
        for (int i = 0; i < frames; i++) {
            file.enhanced(0, i, ip(i, random.nextInt(60_000)), 70_000);
        }
        Reading reading =
                Reading.of(file.write(folder.resolve("capture")), FileWindow.MOST_REACH + random.nextInt(4_096));
        assertThat(file.size()).isGreaterThan(8 * FileWindow.MOST_REACH);
        assertThat(reading.damage()).as("seed %d", seed).isEmpty();
        random.setSeed(seed);
        for (int i = 0; i < frames; i++) {
            assertThat(reading.packets().get(i).bytes())
                    .as("seed %d frame %d", seed, i + 1)
                    .isEqualTo(ip(i, random.nextInt(60_000)));
        }
    }
}
