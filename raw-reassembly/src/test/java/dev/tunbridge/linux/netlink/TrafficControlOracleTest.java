package dev.tunbridge.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code tc} shows is what is read, and what is set. */
class TrafficControlOracleTest {
    @Test
    void readsWhatTcHasMade() throws Exception {
        try (OtherHost host = OtherHost.withCable();
                TrafficControl control = host.call(TrafficControl::open)) {
            int v0 = host.index("v0");
            for (String kind : List.of("pfifo limit 7", "bfifo limit 9000", "tbf rate 10mbit burst 20k limit 30k")) {
                host.tc("qdisc add dev v0 root handle 7: " + kind);
                QueueDiscipline root = control.root(v0).orElseThrow();
                assertThat(root.kind()).isEqualTo(kind.substring(0, kind.indexOf(' ')));
                assertThat(root.handle()).isEqualTo(0x70000);
                assertThat(root.isOurs()).isFalse();
                assertThat(root.rateBytesPerSecond()).isEqualTo(kind.startsWith("tbf") ? 1_250_000 : 0);
                host.tc("qdisc del dev v0 root");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {8_000, 1_250_000, 0xffff_fffeL, 10_000_000_000L})
    void setsWhatTcShows(long rate) throws Exception {
        try (OtherHost host = OtherHost.withCable();
                TrafficControl control = host.call(TrafficControl::open)) {
            int v0 = host.index("v0");
            control.shape(v0, new TokenBucket(rate, 20_000, 300_000));
            Map<String, Object> shown = host.tc("qdisc show dev v0").get(0);
            assertThat(shown).containsEntry("kind", "tbf").containsEntry("handle", "5442:");
            assertThat(Json.object(java.util.Objects.requireNonNull(shown.get("options"))))
                    .containsEntry("rate", rate);
            assertThat(control.root(v0).orElseThrow().rateBytesPerSecond()).isEqualTo(rate);
            assertThat(control.root(v0).orElseThrow().isOurs()).isTrue();
            control.unshape(v0);
            assertThat(host.tc("qdisc show dev v0").get(0)).containsEntry("kind", "noqueue");
        }
    }
}
