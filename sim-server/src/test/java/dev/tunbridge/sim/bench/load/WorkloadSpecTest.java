package dev.tunbridge.sim.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.sim.bench.measure.Metric;
import dev.tunbridge.sim.bench.peer.Peer;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What is typed becomes a load, or is refused; and what cannot be played through whom. */
class WorkloadSpecTest {
    @Test
    void workloadsTakeTheirWordsAndSettings() {
        assertThat(Workload.parse("tcp:up,flows=16,seconds=20", 0).describe()).isEqualTo("tcp up, 16 flows, 20 s");
        assertThat(Workload.parse("tcp", 4).describe()).isEqualTo("tcp down, 1 flow, 4 s");
        assertThat(Workload.parse("ping:up", 0).describe()).isEqualTo("ping, beside one flow up, 10 s");
        assertThat(Workload.parse("ping:load=up", 0)).isEqualTo(Workload.parse("ping:up", 0));
        assertThat(Workload.parse("tcp:up,carried=yes", 0).metrics())
                .contains(Metric.CARRIED_TWICE)
                .containsAll(Workload.parse("tcp:up", 0).metrics());
        assertThat(Workload.parse("blackout", 0).length()).hasSeconds(18);
        assertThat(Workload.parse("blackout:times=4", 0).length()).hasSeconds(48);
        assertThat(Workload.parse("blackout:for=3,seconds=8", 0).describe())
                .isEqualTo("blackout of 3 s in tcp up, 1 flow, 8 s before and after");
        assertThat(Workload.parse("udp", 0).describe()).isEqualTo("udp down, 10 Mbit/s of 1200 bytes each, 10 s");
        assertThat(Workload.parse("udp:up,flood=yes,size=64", 3).describe())
                .isEqualTo("udp up, flood of 64 bytes each, 3 s");
        assertThat(Workload.parse("connect:n=7", 5).describe()).isEqualTo("connect, 7 in turn, at most 5 s");
        assertThat(Workload.parse("https:n=9,size=300,parallel=2", 0).describe())
                .isEqualTo("https, 9 fetches of 300 bytes, 2 at a time, at most 30 s");
        assertThat(Workload.parse("files", 3).length()).hasSeconds(120);
        // The published streams: 90, 420 and 2,610 datagrams a second.
        assertThat(((StreamWorkload) Workload.parse("stream", 0)).datagramsPerFrame())
                .isEqualTo(3);
        assertThat(((StreamWorkload) Workload.parse("stream:rate=4", 0)).datagramsPerFrame())
                .isEqualTo(14);
        assertThat(((StreamWorkload) Workload.parse("stream:rate=25", 0)).datagramsPerFrame())
                .isEqualTo(87);
    }

    @Test
    void whatIsNotKnownIsRefusedWithWhatIsAllowed() {
        refused(() -> Workload.parse("tcp:sideways", 0), "sideways", "down, up");
        refused(() -> Workload.parse("tcp:flows=0", 0), "flows=0", "1 to");
        refused(() -> Workload.parse("ping:flows=2", 0), "flows", "fewer settings");
        refused(() -> Workload.parse("quake", 0), "quake", "tcp, udp, stream, voice, ping");
        refused(() -> Workload.parse("udp:rate=5,flood=yes", 0), "rate=5", "either rate=MBIT or flood=yes");
        refused(() -> Workload.parse("udp:size=1373", 0), "size=1373", "size from 16 to 1372");
        refused(() -> Workload.parse("udp:seconds=601", 0), "seconds=601", "seconds from 1 to 600");
        refused(() -> Workload.parse("connect:n=0", 0), "n=0", "n from 1 to 10000");
        refused(() -> Workload.parse("http:parallel=257", 0), "parallel=257", "parallel from 1 to 256");
        refused(() -> Workload.parse("quic:sideways", 0), "sideways", "down, up");
        refused(() -> Workload.parse("reconnect:times=2", 0), "times", "fewer settings");
        refused(() -> Workload.parse("files:n=2", 0), "n", "fewer settings");
        refused(() -> Workload.parse("tcp:down,carried=yes", 0), "tcp down", "tcp:up");
        refused(() -> Workload.parse("tcp:up,carried=twice", 0), "carried=twice", "carried=yes or carried=no");
        refused(() -> Workload.parse("ping:load=sideways", 0), "load=sideways", "load=up or load=down");
        refused(() -> Workload.parse("ping:up,load=down", 0), "load=down", "one direction");
        refused(() -> Workload.parse("blackout:down", 0), "down", "up");
    }

    @Test
    void aProxyForTcpPlaysWhatItCanCarryAndSaysWhyNotTheRest() {
        Peer proxy = Peer.parse("sshuttle", Map.of());
        for (String workload : List.of("tcp:up,flows=16", "tcp", "blackout")) {
            assertThat(Workload.parse(workload, 0).cannotThrough(proxy))
                    .as(workload)
                    .isEmpty();
        }
        for (String workload : List.of("stream", "voice:up", "ping:idle", "ping:up")) {
            assertThat(Workload.parse(workload, 0).cannotThrough(proxy).orElse(""))
                    .as(workload)
                    .contains("no datagrams");
        }
        for (String workload : List.of("tcp:up,carried=yes", "tcp:up,timeline=yes")) {
            assertThat(Workload.parse(workload, 0).cannotThrough(proxy).orElse(""))
                    .as(workload)
                    .contains("proxy");
        }
        for (String tunnel : List.of("ssh", "tinc", "wireguard-go", "openvpn:proto=udp", "direct")) {
            assertThat(Workload.parse("tcp:up,carried=yes", 0).cannotThrough(Peer.parse(tunnel, Map.of())))
                    .isEmpty();
        }
    }

    private static void refused(Supplier<?> parsing, String what, String allowed) {
        assertThatThrownBy(parsing::get)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(allowed);
    }
}
