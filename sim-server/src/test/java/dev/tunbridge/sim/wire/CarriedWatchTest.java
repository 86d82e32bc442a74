package dev.tunbridge.sim.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.net.InetAddresses;
import dev.tunbridge.linux.Descriptors;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import dev.tunbridge.reassembly.capture.CaptureOptions;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.wire.IpView;
import dev.tunbridge.reassembly.wire.TcpView;
import dev.tunbridge.sim.lab.Lab;
import dev.tunbridge.sim.lab.LabNamespace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Packets that really come out of a TUN device. */
class CarriedWatchTest {
    private static final InetAddress ADDRESS = InetAddresses.forString("198.18.0.2");
    private static final int PAYLOAD_BYTES = 1_000;

    /** A tenth of a second of them at 100,000 a second, which the ring holds though nobody looks into it. */
    private static final int PACKETS = 10_000;

    @BeforeAll
    static void requireLab() {
        Optional<String> missing = Lab.unavailable();
        assumeTrue(missing.isEmpty(), () -> "skipped: " + missing.orElse(""));
    }

    @Test
    void countsEveryByteOfABurstAsFastAsItComes() throws Exception {
        CarriedBytes carried = watch(1 << 26).orElseThrow();
        assertThat(carried.uniqueBytes()).isEqualTo((long) PACKETS * PAYLOAD_BYTES);
        assertThat(carried.repeatedBytes()).as("every tenth twice").isEqualTo(PACKETS / 10L * PAYLOAD_BYTES);
    }

    @Test
    void saysNothingWhereTheCaptureHasLostPackets() throws Exception {
        assertThat(watch(CaptureOptions.MIN_RING_BYTES)).isEmpty();
    }

    private static Optional<CarriedBytes> watch(int ringBytes) throws Exception {
        try (Lab lab = Lab.open()) {
            LabNamespace host = lab.namespace("host");
            try (TunInterface tun = host.call(() -> TunInterface.open("sim0", TunKind.TUN))) {
                Duration limit = Duration.ofSeconds(10);
                host.run(limit, "ip", "address", "add", "198.18.0.2/30", "dev", "sim0");
                host.run(limit, "ip", "link", "set", "dev", "sim0", "addrgenmode", "none", "up");
                try (CarriedWatch watch = CarriedWatch.start(host, ADDRESS, ringBytes)) {
                    write(tun.fd());
                    return watch.end();
                }
            }
        }
    }

    /** To an address that is not there: the host has nothing to answer. */
    private static void write(int descriptor) throws Exception {
        CapturedSegment segment = Packets.tcp4(1, 40_000, 0, TcpView.ACK, PAYLOAD_BYTES);
        ByteBuf packet = Unpooled.directBuffer().writeBytes(segment.buffer(), segment.index(), segment.length());
        try {
            for (int number = 0; number < PACKETS; number++) {
                packet.setInt(IpView.IPV4_HEADER_BYTES + TcpView.SEQUENCE_AT, number * PAYLOAD_BYTES);
                for (int copy = 0; copy < (number % 10 == 0 ? 2 : 1); copy++) {
                    Descriptors.write(descriptor, packet.memoryAddress(), packet.readableBytes());
                }
            }
        } finally {
            packet.release();
        }
    }
}
