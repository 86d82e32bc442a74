package dev.tunbridge.bridge.answers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.bridge.net.TestNamespace;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LinuxHostNetworksTest {
    private final LinuxHostNetworks host = new LinuxHostNetworks();

    @Test
    void findsAddressesAndRoutesButNotTheDevicesOwn() throws Exception {
        try (TestNamespace network = TestNamespace.open()) {
            network.inside("link", "add", "lan0", "type", "veth", "peer", "name", "tb0");
            network.inside("link", "set", "lan0", "up");
            network.inside("link", "set", "tb0", "up");
            network.inside("address", "add", "198.18.7.1/24", "dev", "lan0");
            network.inside("address", "add", "2001:2:0:7::1/64", "dev", "lan0", "nodad");
            network.inside("route", "add", "198.19.128.0/17", "via", "198.18.7.9");
            network.inside("-6", "route", "add", "2001:2:0:8::/61", "dev", "lan0");
            network.inside("route", "add", "198.19.0.0/17", "dev", "tb0");
            network.inside("route", "add", "default", "via", "198.18.7.9");
            List<Prefix> inUse = network.call(() -> host.inUse("tb0"));
            assertThat(inUse)
                    .contains(
                            Prefix.parse("198.18.7.0/24"),
                            Prefix.parse("198.19.128.0/17"),
                            Prefix.parse("2001:2:0:7::/64"),
                            Prefix.parse("2001:2:0:8::/61"))
                    .doesNotContain(Prefix.parse("198.19.0.0/17"))
                    .noneMatch(prefix -> prefix.length() == 0);
        }
    }

    @Test
    void findsUdpSocketsBoundToNoAddressAndOnlyThose() throws Exception {
        try (TestNamespace network = TestNamespace.open()) {
            network.inside("link", "set", "lo", "up");
            Set<Integer> ports = network.call(() -> {
                try (DatagramSocket wild = new DatagramSocket(5300);
                        DatagramSocket bound = new DatagramSocket(5301, InetAddress.getLoopbackAddress());
                        DatagramSocket connected = new DatagramSocket(5302)) {
                    connected.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9));
                    assertThat(wild.isBound() && bound.isBound()).isTrue();
                    return host.wildcardUdpPorts(AddressFamily.IPV4);
                }
            });
            assertThat(ports).containsExactly(5300);
        }
    }

    @Test
    void seesWhetherTheNamespaceForwards() throws Exception {
        try (TestNamespace network = TestNamespace.open()) {
            network.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=0");
            assertThat(network.call(() -> host.forwards(AddressFamily.IPV4))).isTrue();
            assertThat(network.call(() -> host.forwards(AddressFamily.IPV6))).isFalse();
        }
    }
}
