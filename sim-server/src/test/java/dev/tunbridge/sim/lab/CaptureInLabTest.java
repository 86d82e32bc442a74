package dev.tunbridge.sim.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.reassembly.capture.CaptureFilter;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CaptureRing;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.capture.LiveSource;
import dev.tunbridge.reassembly.capture.PcapCapture;
import dev.tunbridge.reassembly.wire.InternetChecksum;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpProblem;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.link.LinkOption;
import dev.tunbridge.sim.link.LinkProfile;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Capture on the link's TAP devices, as the packets come from the wire and as receive offload joins them. */
class CaptureInLabTest {
    private static final int BYTES = 1 << 20;
    private static final int PORT = 7000;
    private static final int MTU = 1500;
    private static final int PROTOCOL_TCP = 6;

    /** libpcap takes 128 KiB for each packet that waits. */
    private static final int RING_BYTES = 1 << 27;

    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @BeforeEach
    void openLab() throws IOException {
        Lab.unavailable().ifPresent(reason -> Assumptions.abort("needs root: " + reason));
        lab = Lab.open();
    }

    @AfterEach
    void closeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, 198.18.0.2", "false, 2001:2::2", "true, 198.18.0.2", "true, 2001:2::2"})
    void bringsTheStreamWhetherOrNotItIsCoalesced(boolean receiveOffload, String address) throws Exception {
        LabNamespace left = lab.namespace("left");
        LabNamespace right = lab.namespace("right");
        LinkOption[] options = receiveOffload ? new LinkOption[] {LinkOption.RECEIVE_OFFLOAD} : new LinkOption[0];
        lab.connect(
                left.at("x0", "198.18.0.1/30", "2001:2::1/64"),
                right.at("x0", "198.18.0.2/30", "2001:2::2/64"),
                LinkProfile.CLEAR.with(List.of("delay=2ms")),
                1,
                options);
        CaptureOptions capture =
                CaptureOptions.of(new CaptureFilter.Everything()).on("x0").withRingBytes(RING_BYTES);
        try (CaptureRing ring = right.call(() -> CaptureRing.open(capture));
                PcapCapture pcap = right.call(() -> PcapCapture.open(capture))) {
            assertThat(TcpTransfer.run(left, right, address, BYTES).intact()).isTrue();
            Upload fromRing = Upload.drainedFrom(ring);
            Upload fromPcap = Upload.drainedFrom(pcap);
            byte[] sent = new byte[BYTES];
            new Random(BYTES).nextBytes(sent);
            assertThat(fromRing.stream).isEqualTo(sent);
            assertThat(fromPcap.segments).isEqualTo(fromRing.segments);
            if (receiveOffload) {
                assertThat(fromRing.longest).isGreaterThan(10 * MTU);
                assertThat(fromRing.unfinished).isPositive();
            } else {
                assertThat(fromRing.longest).isEqualTo(MTU);
                assertThat(fromRing.unfinished).isZero();
            }
            assertThat(fromRing.wrongChecksums).isZero();
            // libpcap does not pass the mark on.
            assertThat(fromPcap.unfinished).isZero();
        }
    }

    /** What was captured of the bytes towards the port. */
    private static final class Upload {
        private final IpView ip = new IpView();
        private final TcpView tcp = new TcpView();
        final byte[] stream = new byte[BYTES];
        final List<String> segments = new ArrayList<>();
        int longest;
        int unfinished;
        int wrongChecksums;
        private int initial;
        private boolean ended;

        static Upload drainedFrom(LiveSource source) throws Exception {
            Upload upload = new Upload();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (!upload.ended && System.nanoTime() - deadline < 0) {
                source.drain(upload::take, 100);
            }
            assertThat(source.counters().dropped()).isZero();
            return upload;
        }

        private void take(CapturedSegment segment) {
            boolean isTcp = ip.wrap(segment.buffer(), segment.index(), segment.length()) == IpProblem.OK
                    && ip.protocol() == PROTOCOL_TCP
                    && tcp.wrap(ip.buffer(), ip.payloadIndex(), ip.payloadLength()) == TcpProblem.OK;
            if (!isTcp || tcp.destinationPort() != PORT || ended) {
                return;
            }
            segments.add(ByteBufUtil.hexDump(segment.buffer(), segment.index(), segment.length()));
            longest = Math.max(longest, segment.wireLength());
            if (tcp.hasFlags(TcpView.SYN)) {
                initial = tcp.sequenceNumber() + 1;
            }
            if (tcp.payloadLength() > 0) {
                tcp.buffer().getBytes(tcp.payloadIndex(), stream, tcp.sequenceNumber() - initial, tcp.payloadLength());
            }
            if (segment.isChecksumUnfinished()) {
                unfinished++;
                wrongChecksums += tcp.checksum() == InternetChecksum.fold(ip.pseudoHeaderSum()) ? 0 : 1;
            } else {
                wrongChecksums += ip.payloadChecksumValid() ? 0 : 1;
            }
            ended = tcp.hasFlags(TcpView.FIN);
        }
    }
}
