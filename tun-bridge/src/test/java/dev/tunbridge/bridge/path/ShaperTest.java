package dev.tunbridge.bridge.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.netlink.QueueDiscipline;
import dev.tunbridge.linux.netlink.TokenBucket;
import dev.tunbridge.linux.netlink.TrafficControl;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Qdiscs of real TUN devices, as {@code tc} shows them. */
class ShaperTest {
    private static final TokenBucket BUCKET = new TokenBucket(2_500_000, 2_800, 409_600);

    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    @Test
    void shapesChangesAndTakesBack() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.inside("link", "set", "dev", tun.name(), "up");
            String before = qdiscs();
            Shaper shaper = namespace.call(() -> Shaper.open("tb0"));

            assertThat(shaper.apply(Optional.of(BUCKET))).contains(BUCKET);
            assertThat(qdiscs()).contains("qdisc tbf 5442: root").contains("rate 20Mbit burst 2800b ");
            assertThat(shaper.root().map(QueueDiscipline::rateBytesPerSecond)).contains(2_500_000L);

            // Wider than the 32 bits of the older attribute.
            TokenBucket fast = new TokenBucket(5_000_000_000L, 81_920, 4 << 20);
            shaper.apply(Optional.of(fast));
            assertThat(qdiscs()).contains("rate 40Gbit burst 80000b ");
            assertThat(shaper.root().map(QueueDiscipline::rateBytesPerSecond)).contains(5_000_000_000L);

            shaper.apply(Optional.empty());
            assertThat(qdiscs()).isEqualTo(before);
            shaper.apply(Optional.of(BUCKET));
            shaper.close();
            assertThat(qdiscs()).isEqualTo(before);
            shaper.close(); // again does nothing
        }
    }

    @Test
    void leavesAQdiscThatSomebodyConfigured() throws Exception {
        try (TunInterface tun = namespace.openTun("tb0")) {
            namespace.inside("link", "set", "dev", tun.name(), "up");
            namespace.run(
                    "tc", "qdisc", "add", "dev", "tb0", "root", "handle", "7:", "tbf", "rate", "1mbit", "burst", "5k",
                    "limit", "50k");
            String before = qdiscs();
            try (Shaper shaper = namespace.call(() -> Shaper.open("tb0"))) {
                assertThat(shaper.apply(Optional.of(BUCKET))).isEmpty();
                assertThat(qdiscs()).isEqualTo(before);
                shaper.apply(Optional.empty());
            }
            assertThat(qdiscs()).isEqualTo(before);
        }
    }

    @Test
    void endsInPeaceWhenTheDeviceIsGoneAlready() throws Exception {
        Shaper shaper;
        try (TunInterface tun = namespace.openTun("tb0")) {
            shaper = namespace.call(() -> Shaper.open(tun.name()));
            shaper.apply(Optional.of(BUCKET));
        }
        shaper.close();
        assertThat(namespace.run("tc", "qdisc", "show")).doesNotContain("tb0");
    }

    @Test
    void removesTheShaperOfAKilledProcessFromAPersistentDevice() throws Exception {
        namespace.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        namespace.inside("link", "set", "dev", "tb0", "up");
        String before = qdiscs();
        Shaper killed = namespace.call(() -> Shaper.open("tb0"));
        killed.apply(Optional.of(BUCKET)); // and never closed
        assertThat(qdiscs()).isNotEqualTo(before);

        try (Shaper next = namespace.call(() -> Shaper.open("tb0"))) {
            assertThat(qdiscs()).isEqualTo(before);
            assertThat(next.apply(Optional.of(BUCKET))).isPresent();
        }
        assertThat(qdiscs()).isEqualTo(before);
    }

    @Test
    void namesWhatTheKernelRefuses() throws Exception {
        try (TrafficControl control = namespace.call(TrafficControl::open)) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> control.shape(4711, BUCKET))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("tbf rate 20.000 Mbit/s")
                    .hasMessageContaining("interface 4711")
                    .hasMessageContaining("ENODEV");
        }
    }

    private String qdiscs() throws IOException {
        return namespace.run("tc", "qdisc", "show", "dev", "tb0");
    }
}
