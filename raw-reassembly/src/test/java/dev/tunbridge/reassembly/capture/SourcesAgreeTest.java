package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.recording.CaptureFile;
import dev.tunbridge.reassembly.recording.PcapngWriter;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same traffic through the ring, through libpcap, and through a file written of the one. */
class SourcesAgreeTest {
    private static final int BYTES = 1_000_000;

    /** libpcap takes 128 KiB for each packet that waits. */
    private static final int RING_BYTES = 1 << 26;

    @TempDir
    Path folder;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private TestNamespace near;
    private TestNamespace far;

    @BeforeEach
    void connectNamespaces() throws Exception {
        near = TestNamespace.make();
        far = TestNamespace.make();
        near.connect(far);
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        near.close();
        far.close();
    }

    @ParameterizedTest
    @CsvSource({
        "v0, 198.18.0.1, 198.18.0.2",
        "v0, 2001:2::1, 2001:2::2",
        "lo, 127.0.0.1, 127.0.0.1",
        "lo, ::1, ::1",
        "all, 198.18.0.1, 198.18.0.2",
        "all, 2001:2::1, 2001:2::2"
    })
    void bringTheSameSegments(String device, String nearAddress, String farAddress) throws Exception {
        byte[] sent = new byte[BYTES];
        new Random(BYTES).nextBytes(sent);
        TestNamespace server = device.equals("lo") ? near : far;
        try (TcpPair pair = TcpPair.prepare(near, nearAddress, server, farAddress)) {
            CaptureOptions options =
                    CaptureOptions.of(new CaptureFilter.Connection(pair.path())).withRingBytes(RING_BYTES);
            CaptureOptions chosen = device.equals("all") ? options : options.on(device);
            EventLoop loop = group.next();
            try (CaptureRing ring = near.call(() -> CaptureRing.open(chosen));
                    PcapCapture pcap = near.call(() -> PcapCapture.open(chosen))) {
                LiveRecorder fromRing = new LiveRecorder(ring, loop, 5);
                LiveRecorder fromPcap = new LiveRecorder(pcap, loop, 5);
                long before = System.nanoTime();
                assertThat(pair.receive(sent)).isEqualTo(sent);
                List<Seen> ringSaw = fromRing.await(seen -> Seen.isComplete(seen, pair.path()));
                List<Seen> pcapSaw = fromPcap.await(seen -> Seen.isComplete(seen, pair.path()));
                assertThat(fromRing.counters().dropped() + fromPcap.counters().dropped())
                        .isZero();
                for (boolean outgoing : new boolean[] {true, false}) {
                    // Two processors may hand two segments to the two sockets at once, to each in another order.
                    assertThat(texts(pcapSaw, outgoing)).containsExactlyInAnyOrderElementsOf(texts(ringSaw, outgoing));
                }
                assertThat(Seen.stream(pcapSaw, pair.path().remote().getPort(), BYTES))
                        .isEqualTo(sent);
                assertThat(pcapSaw).allMatch(each -> each.timeNanos() - before > 0);
                assertThat(pcapSaw)
                        .extracting(Seen::interfaceIndex)
                        .containsOnly(ringSaw.get(0).interfaceIndex());
                compareWithFile(ringSaw, pair);
            }
        }
    }

    private static List<String> texts(List<Seen> seen, boolean outgoing) {
        return seen.stream()
                .filter(each -> each.outgoing() == outgoing)
                .map(each -> ByteBufUtil.hexDump(each.bytes()))
                .toList();
    }

    private void compareWithFile(List<Seen> live, TcpPair pair) throws Exception {
        Path file = folder.resolve("live.pcapng");
        long epoch = 1_700_000_000_123_456_789L;
        try (PcapngWriter writer = PcapngWriter.create(file)) {
            int outer = writer.addInterface("outer");
            CapturedSegment segment = new CapturedSegment();
            for (int i = 0; i < live.size(); i++) {
                Seen each = live.get(i);
                segment.wrap(Unpooled.wrappedBuffer(each.bytes()), 0, each.bytes().length, each.wireLength(), 0);
                segment.mark(each.interfaceIndex(), each.outgoing(), each.checksumUnfinished());
                writer.write(outer, segment, epoch + i);
            }
        }
        List<Seen> read = new ArrayList<>();
        try (CaptureFile source = CaptureFile.open(file)) {
            while (source.drain(segment -> read.add(Seen.copyOf(segment)), 7) != SegmentSource.END) {
                // Until the end.
            }
            assertThat(source.counters()).isEqualTo(new CaptureCounters(live.size(), 0, 0));
        }
        assertThat(read).hasSameSizeAs(live);
        for (int i = 0; i < live.size(); i++) {
            Seen was = live.get(i);
            Seen is = read.get(i);
            assertThat(is.bytes()).isEqualTo(was.bytes());
            assertThat(is.wireLength()).isEqualTo(was.wireLength());
            assertThat(is.timeNanos()).isEqualTo(epoch + i);
            assertThat(is.checksumUnfinished() || !was.checksumUnfinished()).isTrue();
        }
        compareWithTshark(file, live, epoch, pair);
    }

    private static void compareWithTshark(Path file, List<Seen> live, long epoch, TcpPair pair) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(
                            ("tshark -n -r " + file + " -T fields -e frame.time_epoch -e frame.interface_name"
                                            + " -e frame.packet_flags_direction -e frame.cap_len -e tcp.srcport -e tcp.seq_raw")
                                    .split(" "))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (java.io.IOException missing) {
            Assumptions.abort("all but tshark agreed; needs tshark: " + missing.getMessage());
            return;
        }
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(process.waitFor()).isZero();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < live.size(); i++) {
            Seen each = live.get(i);
            long nanos = epoch + i;
            expected.add(String.join(
                    "\t",
                    nanos / 1_000_000_000L + "." + String.format("%09d", nanos % 1_000_000_000L),
                    "outer",
                    each.outgoing() ? "0x00000002" : "0x00000001",
                    Integer.toString(16 + each.bytes().length),
                    Integer.toString(each.tcp().sourcePort()),
                    Integer.toUnsignedString(each.tcp().sequenceNumber())));
        }
        assertThat(lines).as("of " + pair.path()).isEqualTo(expected);
    }
}
