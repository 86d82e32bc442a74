package dev.tunbridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TunInterfaceTest {
    @BeforeEach
    void needsTun() {
        Machine.assumeTun();
    }

    @Test
    void makesAnInterfaceThatGoesWithItsDescriptor() throws Exception {
        String name;
        try (TunInterface tun = TunInterface.open("tbt%d", TunKind.TUN)) {
            name = tun.name();
            assertThat(name).matches("tbt\\d+");
            assertThat(Machine.hasInterface(name)).isTrue();
        }
        assertThat(Machine.hasInterface(name)).isFalse();
    }

    @Test
    void takesSegmentationOffloads() throws Exception {
        try (TunInterface tun = TunInterface.open("tbt%d", TunKind.TUN, TunFlag.VIRTIO_HEADER)) {
            assertThat(tun.enableOffloads(EnumSet.allOf(TunOffload.class)))
                    .contains(TunOffload.CHECKSUM, TunOffload.TCP4_SEGMENTATION, TunOffload.TCP6_SEGMENTATION);
        }
    }

    @Test
    void asksForBackpressureOnlyWhereTheKernelOffersIt() throws Exception {
        try (TunInterface plain = TunInterface.open("tbt%d", TunKind.TUN);
                TunInterface asked = TunInterface.open("tbt%d", TunKind.TUN, TunFlag.BACKPRESSURE)) {
            assertThat(asked.hasBackpressure()).isEqualTo((asked.features() & TunFlag.BACKPRESSURE.flag) != 0);
            assertThat(plain.hasBackpressure()).isFalse();
        }
    }

    @Test
    void namesOperationSubjectAndReasonWhenTheNameIsTaken() throws Exception {
        try (TunInterface first = TunInterface.open("tbt%d", TunKind.TAP)) {
            assertThatThrownBy(() -> TunInterface.open(first.name(), TunKind.TAP, TunFlag.EXCLUSIVE))
                    .isInstanceOf(LinuxException.class)
                    .hasMessage("ioctl TUNSETIFF " + first.name()
                            + " (a device that another process holds): EBUSY (device or resource busy)");
        }
    }

    @Test
    void leaksNoDescriptorWhenAnIoctlFails() throws Exception {
        long before = openDescriptors();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> TunInterface.open("lo", TunKind.TUN)).isInstanceOf(LinuxException.class);
        }
        assertThat(openDescriptors()).isLessThan(before + 10);
    }

    @Test
    void refusesANameThatTheKernelWouldCut() {
        assertThatThrownBy(() -> TunInterface.open("sixteen-bytes-xx", TunKind.TUN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sixteen-bytes-xx");
    }

    @Test
    void takesNoOffloadsOverFromAProcessThatWasKilled() throws Exception {
        try (PersistentTun host = PersistentTun.make()) {
            TunInterface killed = host.open(TunFlag.VIRTIO_HEADER);
            killed.enableOffloads(EnumSet.allOf(TunOffload.class));
            Descriptors.close(killed.fd());
            try (TunInterface next = host.open()) {
                assertThat(host.hasRightChecksum(next.fd())).isTrue();
            }
        }
    }

    @Test
    void leavesNoOffloadsToAProgramThatKnowsOfNone() throws Exception {
        try (PersistentTun host = PersistentTun.make()) {
            TunInterface first = host.open(TunFlag.VIRTIO_HEADER);
            first.enableOffloads(EnumSet.allOf(TunOffload.class));
            first.close();
            int other = host.openAsAnother();
            try {
                assertThat(host.hasRightChecksum(other)).isTrue();
                assertThat(host.headerBytes(other)).isEqualTo(PersistentTun.HEADER_BYTES);
            } finally {
                Descriptors.close(other);
            }
        }
    }

    private static long openDescriptors() {
        String[] entries = new java.io.File("/proc/self/fd").list();
        return entries == null ? 0 : entries.length;
    }
}
