package dev.tunbridge.reassembly.recording;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
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
            try (CaptureFile file = CaptureFile.open(path)) {
                SegmentHandler handler = segment -> {
                    packets[0]++;
                    check(segment);
                };
                while (file.drain(handler, 16) != SegmentSource.END) {
                    assertThat(packets[0]).isLessThanOrEqualTo(content.length / RECORD_BYTES);
                }
                assertThat(file.drain(handler, 16)).isEqualTo(SegmentSource.END);
                assertThat(file.counters().captured()).isEqualTo(packets[0]);
                assertThat(file.passedOver()).isNotNegative();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(path.toString());
            }
        } finally {
            Files.delete(path);
        }
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
}
