package dev.tunbridge.sim.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.config.ConfigException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What is typed becomes a peer, or is refused. */
class PeerSpecTest {
    @Test
    void ourOwnSettingsGoOverThoseForAllAndServerSettingsToTheServer() {
        OwnPeer peer = (OwnPeer) Peer.parse(
                "ours:write=batch,carriage=packet,queue.bytes=1MiB,routes=198.18.4.0/24,198.18.5.0/24",
                Map.of("queue.bytes", "64KiB", "tun.offload", "false"));
        assertThat(peer.write()).isEqualTo("batch");
        assertThat(peer.carriage()).isEqualTo("packet");
        assertThat(peer.settings())
                .containsOnly(
                        Map.entry("queue.bytes", "1MiB"),
                        Map.entry("tun.offload", "false"),
                        Map.entry("routes", "198.18.4.0/24,198.18.5.0/24"));
    }

    @Test
    void everyTunnelTakesALengthOfItsQueue() {
        for (String peer : List.of(
                "vtun",
                "openvpn:congestion-control=bbr",
                "openvpn:proto=udp",
                "wireguard",
                "wireguard-go",
                "tinc",
                "ssh",
                "ours:tun.offload=false",
                "ours")) {
            String longer = Peer.withQueueLength(peer, 25);
            assertThat(Peer.parse(longer, Map.of()).name()).isEqualTo(longer);
        }
        assertThat(((VtunPeer) Peer.parse("vtun:tun.tx-queue-length=25", Map.of())).queueLength())
                .hasValue(25);
        assertThat(((VtunPeer) Peer.parse("vtun", Map.of())).queueLength()).isEmpty();
        assertThat(((OwnPeer) Peer.parse("ours:tun.tx-queue-length=25", Map.of())).settings())
                .containsEntry("tun.tx-queue-length", "25");
    }

    @Test
    void whatIsNotKnownIsRefusedWithWhatIsAllowed() {
        refused(() -> Peer.parse("ipsec", Map.of()), "ipsec", Peer.ALLOWED);
        refused(() -> Peer.parse("direct:reordering=wild", Map.of()), "reordering=wild", "reordering=loose");
        refused(() -> Peer.parse("direct:tun.tx-queue-length=5", Map.of()), "tun.tx-queue-length", "reordering");
        refused(() -> Peer.parse("openvpn:proto=sctp", Map.of()), "proto=sctp", "proto=tcp or proto=udp");
        refused(() -> Peer.parse("openvpn:proto=udp,congestion-control=bbr", Map.of()), "over UDP", "proto");
        refused(() -> Peer.parse("wireguard-go:congestion-control=bbr", Map.of()), "bbr", "tun.tx-queue-length");
        refused(
                () -> Peer.parse("sshuttle:tun.tx-queue-length=5", Map.of()),
                "tun.tx-queue-length",
                "congestion-control");
        refused(() -> Peer.parse("vtun:cc=bbr", Map.of()), "cc", "congestion-control");
        refused(() -> Peer.parse("ours:qeue.bytes=1MiB", Map.of()), "qeue.bytes", "queue.bytes");
        refused(() -> Peer.parse("ours:write=often", Map.of()), "often", "frame or batch");
        refused(() -> Peer.parse("ours", Map.of("queue.bytes", "lots")), "queue.bytes", "lots");
        refused(() -> Peer.parse("vtun:tun.tx-queue-length=0", Map.of()), "tun.tx-queue-length=0", "from 1 to");
    }

    @Test
    void whatForwardsOnePortCarriesNoPackets() {
        for (String text : List.of(
                "ssh:forward=remote",
                "ssh:forward=local,congestion-control=cubic",
                "socat",
                "haproxy",
                "haproxy:splice=yes")) {
            Peer peer = Peer.parse(text, Map.of());
            assertThat(peer.name()).isEqualTo(text);
            assertThat(peer.carriesPackets()).isFalse();
            assertThat(peer.carriesDatagrams()).isFalse();
        }
        refused(() -> Peer.parse("ssh:forward=both", Map.of()), "forward=both", "forward=remote or forward=local");
        refused(() -> Peer.parse("ssh:forward=local,tun.tx-queue-length=5", Map.of()), "tun.tx", "congestion-control");
        refused(() -> Peer.parse("haproxy:splice=maybe", Map.of()), "splice=maybe", "splice=yes");
    }

    @Test
    void ofVirtualSocketsThereAreNoPacketsButDatagrams() {
        OwnPeer peer = (OwnPeer) Peer.parse("ours:carriage=socket", Map.of());
        assertThat(peer.settings()).containsEntry("carriage", "socket").containsEntry("relay.source", "device");
        assertThat(peer.carriesPackets()).isFalse();
        assertThat(peer.carriesDatagrams()).isTrue();
        OwnPeer asked = (OwnPeer) Peer.parse("ours:carriage=socket,relay.source=client", Map.of());
        assertThat(asked.settings()).containsEntry("relay.source", "client");
        refused(() -> Peer.parse("ours:carriage=parcel", Map.of()), "carriage=parcel", "segment or packet or socket");
    }

    private static void refused(Supplier<?> parsing, String what, String allowed) {
        assertThatThrownBy(parsing::get)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(allowed);
    }
}
