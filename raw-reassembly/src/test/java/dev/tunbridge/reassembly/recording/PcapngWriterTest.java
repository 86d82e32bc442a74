package dev.tunbridge.reassembly.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.Seen;
import dev.tunbridge.reassembly.capture.SegmentSource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapngWriterTest {
    /** The longest IPv4 packet, and every remainder of a length by four. */
    private static final List<Integer> LENGTHS = List.of(20, 21, 22, 23, 65_535);

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsThereBeforeTheFileIsClosed() throws Exception {
        Path file = folder.resolve("out.pcapng");
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            int outer = writer.addInterface("outer");
            writer.write(outer, packet(20, 20), 1);
            int inner = writer.addInterface("ünner");
            for (int length : LENGTHS) {
                writer.write(inner, packet(length, 70_000), Long.MAX_VALUE - length);
            }
            assertThat(Files.size(file)).isEqualTo(writer.writtenBytes());
            List<Seen> seen = read(file);
            assertThat(seen).hasSize(1 + LENGTHS.size());
            assertThat(seen.get(0).timeNanos()).isEqualTo(1);
            for (int i = 0; i < LENGTHS.size(); i++) {
                Seen each = seen.get(i + 1);
                assertThat(each.bytes()).hasSize(LENGTHS.get(i)).startsWith(0x45);
                assertThat(each.wireLength()).isEqualTo(70_000);
                assertThat(each.timeNanos()).isEqualTo(Long.MAX_VALUE - LENGTHS.get(i));
            }
        }
    }

    @Test
    void replacesAFileAndRefusesAnInterfaceThatItDoesNotKnow() throws Exception {
        Path file = Files.write(folder.resolve("out.pcapng"), new byte[100_000]);
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            assertThatThrownBy(() -> writer.write(0, packet(20, 20), 0))
                    .hasMessage("interface 0 is not known; allowed: below 0");
            writer.addInterface("outer");
            assertThatThrownBy(() -> writer.write(-1, packet(20, 20), 0)).hasMessageContaining("below 1");
            assertThat(Files.size(file)).isEqualTo(writer.writtenBytes()).isLessThan(200);
        }
        assertThat(read(file)).isEmpty();
    }

    @Test
    void saysWhatKeepsItFromWriting() {
        assertThatThrownBy(() -> PcapngWriter.create(folder.resolve("none").resolve("out.pcapng")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("out.pcapng");
    }

    private static CapturedSegment packet(int length, int wireLength) {
        ByteBuf bytes = Unpooled.buffer(length + 7).writeZero(length + 7);
        bytes.setByte(7, 0x45);
        return new CapturedSegment().wrap(bytes, 7, length, wireLength, 0);
    }

    private static List<Seen> read(Path file) throws IOException {
        List<Seen> seen = new ArrayList<>();
        try (CaptureFile source = CaptureFile.open(file)) {
            while (source.drain(segment -> seen.add(Seen.copyOf(segment)), 100) != SegmentSource.END) {
                // Until the end.
            }
        }
        return seen;
    }
}
