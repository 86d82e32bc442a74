package dev.tunbridge.bridge.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowTableTest {
    private static final InetAddress DEVICE = InetAddresses.forString("198.19.0.1");
    private static final InetAddress DEVICE6 = InetAddresses.forString("2001:2::1");

    @Test
    void bothDirectionsAreOneFlow() {
        FlowTable table = new FlowTable(16);
        InetAddress client = InetAddresses.forString("198.19.0.9");
        Flow out = table.fromDevice(Packets.view(Packets.ip(DEVICE, client, 6, 80, 4000, 100)), 1);
        Flow in = table.fromTunnel(Packets.view(Packets.ip(client, DEVICE, 6, 4000, 80, 10)), 2);
        assertThat(in).isSameAs(out);
        assertThat(table.size()).isEqualTo(1);
        assertThat(out.devicePort()).isEqualTo(80);
        assertThat(out.remotePort()).isEqualTo(4000);
        assertThat(out.bytesOut).isEqualTo(140);
        assertThat(out.bytesIn).isEqualTo(50);
        assertThat(out.lastSeenNanos()).isEqualTo(2);
        assertThat(out.createdNanos()).isEqualTo(1);
    }

    @Test
    void protocolPortAndAddressEachMakeAFlow() {
        FlowTable table = new FlowTable(16);
        InetAddress client = InetAddresses.forString("198.19.0.9");
        table.fromTunnel(Packets.view(Packets.ip(client, DEVICE, 6, 4000, 80, 0)), 1);
        table.fromTunnel(Packets.view(Packets.ip(client, DEVICE, 17, 4000, 80, 0)), 1);
        table.fromTunnel(Packets.view(Packets.ip(client, DEVICE, 6, 4001, 80, 0)), 1);
        table.fromTunnel(Packets.view(Packets.ip(client, DEVICE, 6, 4000, 81, 0)), 1);
        table.fromTunnel(Packets.view(Packets.ip(InetAddresses.forString("198.19.0.10"), DEVICE, 6, 4000, 80, 0)), 1);
        table.fromTunnel(Packets.view(Packets.ip(InetAddresses.forString("2001:2::9"), DEVICE6, 6, 4000, 80, 0)), 1);
        assertThat(table.size()).isEqualTo(6);
    }

    /** Against a LinkedHashMap in access order, which is the obvious bounded table. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void forgetsTheLeastRecentlyUsedLikeTheModel(long seed) {
        int capacity =
                seed % 2 == 0 ? 1 + new Random(seed).nextInt(40) : 129 + new Random(seed).nextInt(900); // it grows
        Random random = new Random(seed);
        FlowTable table = new FlowTable(capacity);
        Map<Integer, Long> model = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
                return size() > capacity;
            }
        };
        for (int i = 0; i < 20_000; i++) {
            int port = 1 + random.nextInt(capacity * 2);
            Flow flow = table.fromTunnel(
                    Packets.view(Packets.ip(InetAddresses.forString("198.19.0.9"), DEVICE, 17, port, 53, 0)), i);
            long expected = model.merge(port, 1L, Long::sum);
            assertThat(flow.packetsIn)
                    .as("seed %d step %d port %d", seed, i, port)
                    .isEqualTo(expected);
        }
        assertThat(table.size()).isEqualTo(model.size());
        table.clear();
        assertThat(table.size()).isZero();
    }

    @Test
    void aFlowThatWasIdleForLongGivesItsPlaceUpAndIsNoEviction() {
        FlowTable table = new FlowTable(4_096);
        long second = 1_000_000_000L;
        for (int i = 0; i < 4_000; i++) { // a question to a name server each second
            table.fromTunnel(
                    Packets.view(Packets.ip(InetAddresses.forString("198.19.0.9"), DEVICE, 17, 1_024 + i, 53, 0)),
                    i * second);
        }
        assertThat(table.size()).isLessThan(1_100);
        assertThat(table.evictions()).isZero();
    }

    @Test
    void refusesACapacityOfNothing() {
        assertThatThrownBy(() -> new FlowTable(0)).hasMessageContaining("maxFlows: 0");
    }
}
