package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tunbridge.bridge.answers.LinuxHostNetworks;
import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.Interfaces;
import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is ours is told from what only looks like it: by another name, by a mask, by addresses of the other family inside. */
class DeviceIdentityTest {
    private TestNamespace host;

    @BeforeEach
    void openNamespace() throws Exception {
        host = TestNamespace.open();
        host.inside("link", "set", "lo", "up");
    }

    @AfterEach
    void removeNamespace() throws Exception {
        host.close();
    }

    private static TunAddressing addressing(String address, TunAddressing.MarkRule mark) throws Exception {
        return new TunAddressing(
                "tb0",
                InetAddress.getByName(address),
                30,
                1400,
                400,
                List.of(),
                TunAddressing.SourceRule.PRESENT,
                TunAddressing.RULE_PRIORITY,
                TunAddressing.Overlaps.REFUSE,
                mark);
    }

    private TunNetwork opened(TunAddressing wanted) throws Exception {
        TunNetwork network = TunNetwork.of("tb0");
        return host.call(() -> {
            network.open();
            network.apply(wanted);
            return network;
        });
    }

    @Test
    void anotherDeviceThatHasTakenItsNameIsLeftAlone() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = opened(addressing("198.19.0.1", TunAddressing.MarkRule.ABSENT));
            host.inside("link", "set", tun.name(), "name", "x0");
            host.inside("link", "add", "tb0", "type", "veth", "peer", "name", "peer0");
            host.inside("link", "set", "tb0", "mtu", "9000", "up");
            Path sysctl = Path.of("/proc/sys/net/ipv6/conf/tb0/disable_ipv6");
            host.call(() -> Files.writeString(sysctl, "1"));
            String stranger = host.inside("addr", "show", "dev", "tb0");
            assertThatThrownBy(() -> host.call(() -> {
                        network.apply(addressing("198.19.0.5", TunAddressing.MarkRule.ABSENT));
                        return network;
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("tb0 has been renamed to x0");
            host.close(network);
            assertThat(host.inside("addr", "show", "dev", "tb0")).isEqualTo(stranger);
            assertThat(host.call(() -> Files.readString(sysctl))).isEqualToIgnoringNewLines("1");
            assertThat(host.inside("addr", "show", "dev", "x0"))
                    .contains("mtu 1500", "qlen 500")
                    .doesNotContain("198.19.0.");
        }
    }

    @Test
    void theOwnersAliasMayHaveSeveralLines() throws Exception {
        host.inside("tuntap", "add", "dev", "tb0", "mode", "tun");
        host.inside("link", "set", "tb0", "alias", "first\nsecond");
        try (TunInterface tun = host.openTun("tb0")) {
            TunNetwork network = opened(addressing("198.19.0.1", TunAddressing.MarkRule.ABSENT));
            assertThat(alias(tun.name())).startsWith("tunbridge was mtu=1500").endsWith("alias=first\nsecond");
            host.close(network);
            assertThat(alias("tb0")).isEqualTo("first\nsecond");
        }
    }

    private String alias(String device) throws Exception {
        return host.call(() -> {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                return configuration.link(device).alias();
            }
        });
    }

    /** Tailscale's and Calico's rules ask for some bits that are ours too. */
    @Test
    void aMarkThatARuleOfOthersAsksForIsNotTaken() throws Exception {
        try (TunInterface tun = host.openTun("tb0")) {
            int first = Identity.marks(host.call(() -> Interfaces.index(tun.name())))[0];
            String theirs = String.format("0x%x/0xff0000", first & 0x00ff_0000);
            host.inside("rule", "add", "fwmark", theirs, "lookup", "100", "priority", "2001");
            TunNetwork network = opened(addressing("198.19.0.1", TunAddressing.MarkRule.PRESENT));
            assertThat(network.mark().orElseThrow() & 0x00ff_0000).isNotEqualTo(first & 0x00ff_0000);
            host.close(network);
        }
    }

    /** RFC 4291, 2.5.5.2: Java would take them for IPv4. */
    @Test
    void mappedAddressesAreThoseOfIpv6() throws Exception {
        host.inside("link", "add", "lan0", "type", "veth", "peer", "name", "peer0");
        host.inside("link", "set", "lan0", "up");
        host.inside("-6", "addr", "add", "::ffff:198.18.5.1/128", "dev", "lan0", "nodad");
        host.inside("-6", "route", "add", "unreachable", "::ffff:0.0.0.0/96");
        try (TunInterface tun = host.openTun("tb0")) {
            List<Prefix> inUse = host.call(() -> new LinuxHostNetworks().inUse(tun.name()));
            assertThat(inUse)
                    .filteredOn(network -> AddressFamily.of(network.address()) == AddressFamily.IPV6)
                    .extracting(Prefix::length)
                    .contains(96, 128);
            TunNetwork network = opened(addressing("198.19.0.1", TunAddressing.MarkRule.ABSENT));
            assertThat(host.call(network::condition)).isEqualTo(TunNetwork.Condition.WHOLE);
            host.close(network);
        }
    }
}
