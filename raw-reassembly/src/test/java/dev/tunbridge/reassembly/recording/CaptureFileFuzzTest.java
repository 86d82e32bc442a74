package dev.tunbridge.reassembly.recording;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.SegmentHandler;
import dev.tunbridge.reassembly.capture.SegmentSource;
import dev.tunbridge.reassembly.wire.Encapsulation;
import dev.tunbridge.reassembly.wire.LinkHeader;
import dev.tunbridge.reassembly.wire.LinkType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file is read, or refused with an error that names it; no packet reaches further than what was captured. */
class CaptureFileFuzzTest {
    /** The smallest record of a capture file is longer than this. */
    private static final int RECORD_BYTES = 8;

    @FuzzTest(maxDuration = "10m")
    void reads(byte[] content) throws IOException {
        Path path = Files.createTempFile("tunbridge-fuzz", ".pcap");
        try {
            Files.write(path, content);
            int[] packets = {0};
            // Small files: a window of them at a time, to go over its edges too.
            try (CaptureFile file = CaptureFile.open(path, 0)) {
                SegmentHandler handler = segment -> {
                    packets[0]++;
                    check(segment);
                };
                while (file.drain(handler, 16) != SegmentSource.END) {
                    assertThat(packets[0]).isLessThanOrEqualTo(most(content));
                }
                assertThat(file.drain(handler, 16)).isEqualTo(SegmentSource.END);
                assertThat(file.counters().captured()).isEqualTo(packets[0]);
                assertThat(file.tally().notIp()).isNotNegative();
                assertThat(file.tally().frames())
                        .isEqualTo(packets[0] + file.tally().notIp());
                assertThat(file.tally().unread())
                        .allSatisfy(unread -> assertThat(unread.packets()).isPositive());
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(path.toString());
            }
        } finally {
            Files.delete(path);
        }
    }

    /** Deflate packs up to 1,032 bytes into one (zlib's own figure). */
    private static int most(byte[] content) {
        boolean isPacked = content.length > 1 && (content[0] & 0xff) == 0x1f && (content[1] & 0xff) == 0x8b;
        return content.length * (isPacked ? 1_032 : 1) / RECORD_BYTES;
    }

    private static void check(CapturedSegment segment) {
        assertThat(segment.index()).isNotNegative();
        assertThat(segment.length()).isNotNegative();
        assertThat(segment.index() + segment.length())
                .isLessThanOrEqualTo(segment.buffer().writerIndex());
        assertThat(segment.wireLength()).isGreaterThanOrEqualTo(segment.length());
        for (int i = 0; i < segment.length(); i++) {
            segment.buffer().getByte(segment.index() + i);
        }
    }

    /** A link header is looked behind, or the frame is passed over. */
    @FuzzTest(maxDuration = "10m")
    void looksBehindLinkHeaders(FuzzedDataProvider data) {
        LinkType type = data.pickValue(LinkType.values());
        byte[] bytes = data.consumeRemainingAsBytes();
        ByteBuf frame = Unpooled.buffer(bytes.length, bytes.length).writeBytes(bytes);
        LinkHeader link = new LinkHeader(type);
        if (link.wrap(frame, 0, bytes.length)) {
            assertThat(link.ipOffset()).isBetween(0, bytes.length - 1);
            assertThat(frame.getUnsignedByte(link.ipOffset()) >>> 4).isIn(4, 6);
        }
    }

    /** Of packets in each other the inner one lies within the outer one, and behind it, so that looking into them comes to an end. */
    @FuzzTest(maxDuration = "10m")
    void looksIntoPackets(byte[] bytes) {
        ByteBuf packet = Unpooled.buffer(bytes.length, bytes.length).writeBytes(bytes);
        Encapsulation encapsulation = new Encapsulation();
        int index = 0;
        while (encapsulation.enter(packet, index, bytes.length - index)) {
            assertThat(encapsulation.innerIndex()).isBetween(index + 20, bytes.length - 1);
            assertThat(encapsulation.obstacle()).isEqualTo(Encapsulation.Obstacle.NONE);
            index = encapsulation.innerIndex();
            assertThat(packet.getUnsignedByte(index) >>> 4).isIn(4, 6);
        }
    }
}
