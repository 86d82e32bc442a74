package dev.tunbridge.reassembly.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PcapCaptureTest {
    private static final CaptureOptions OPTIONS =
            CaptureOptions.of(new CaptureFilter.Everything()).on("tbc0");

    private TestNamespace namespace;

    @BeforeEach
    void makeNamespace() throws Exception {
        namespace = TestNamespace.make();
    }

    @AfterEach
    void removeNamespace() throws Exception {
        namespace.close();
    }

    @Test
    void countsWhatNobodyDrains() throws Exception {
        int packets = 1_000;
        try (TunInterface tun = namespace.tun("tbc0", TunKind.TUN);
                PcapCapture pcap =
                        namespace.call(() -> PcapCapture.open(OPTIONS.withRingBytes(CaptureOptions.MIN_RING_BYTES)))) {
            byte[] packet = new byte[1_000];
            packet[0] = 0x45;
            packet[2] = (byte) (packet.length >> 8);
            packet[3] = (byte) packet.length;
            for (int i = 0; i < packets; i++) {
                CaptureFilterTest.write(tun, packet);
            }
            int mostWaiting = CaptureOptions.MIN_RING_BYTES / packet.length;
            await(() -> pcap.counters().dropped() >= packets - mostWaiting
                    && pcap.counters().captured() >= packets);
            AtomicInteger drained = new AtomicInteger();
            await(() -> {
                // Its thread may still have the last ones in its hands.
                pcap.drain(
                        segment -> {
                            assertThat(segment.length()).isEqualTo(packet.length);
                            drained.incrementAndGet();
                        },
                        packets);
                return pcap.counters().dropped() + drained.get() >= packets;
            });
            CaptureCounters counters = pcap.counters();
            assertThat(drained.get()).isPositive();
            assertThat(counters.captured()).isEqualTo(packets);
            assertThat(counters.dropped() + drained.get()).isEqualTo(packets);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.call() && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void endsItsThreadOnAnIdleLinkAndKeepsItsCounters() throws Exception {
        try (TunInterface tun = namespace.tun("tbc0", TunKind.TUN)) {
            PcapCapture pcap = namespace.call(() -> PcapCapture.open(OPTIONS));
            byte[] packet = {0x45, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
            CaptureFilterTest.write(tun, packet);
            while (pcap.drain(segment -> assertThat(segment.length()).isEqualTo(20), 1) == 0) {
                Thread.onSpinWait();
            }
            pcap.close();
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("pcap-tbc0"));
            assertThat(pcap.drain(segment -> {}, 1)).isZero();
            assertThat(pcap.counters()).isEqualTo(new CaptureCounters(1, 0, 0));
        }
    }

    @Test
    void reportsAnInterfaceThatIsRemoved() throws Exception {
        TunInterface tun = namespace.tun("tbc0", TunKind.TUN);
        try (PcapCapture pcap = namespace.call(() -> PcapCapture.open(OPTIONS))) {
            tun.close();
            assertThatThrownBy(() -> {
                        while (pcap.drain(segment -> {}, 1) == 0) {
                            Thread.onSpinWait();
                        }
                    })
                    .hasMessageContaining("tbc0");
        } finally {
            tun.close();
        }
    }

    @Test
    void saysThatItIsForbiddenWithoutTheCapability() throws Exception {
        assertThatThrownBy(() -> namespace.call(() -> {
                    Capabilities.dropNetRawFromThisThread();
                    return PcapCapture.open(CaptureOptions.of(new CaptureFilter.Everything()));
                }))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.isForbidden()).isTrue());
    }

    @Test
    void namesAnInterfaceThatIsNotThere() {
        assertThatThrownBy(() -> namespace.call(() -> PcapCapture.open(OPTIONS.on("nonesuch"))))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        failure -> assertThat(failure.errno()).isEqualTo(Errno.ENODEV))
                .hasMessageContaining("nonesuch");
    }
}
