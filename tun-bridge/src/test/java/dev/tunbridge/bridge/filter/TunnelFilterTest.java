package dev.tunbridge.bridge.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.tunbridge.bridge.flow.Packets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TunnelFilterTest {
    private static final String DEVICE = "198.19.0.1";
    private static final String DEVICE6 = "2001:2::1";

    @ParameterizedTest
    @CsvSource({
        "198.19.0.9,   198.19.0.1, ",
        "10.1.2.3,     198.19.0.1, ",
        "198.19.0.9,   198.19.0.2, DESTINATION",
        "198.19.0.1,   198.19.0.1, SOURCE_OURS",
        "0.0.0.0,      198.19.0.1, SOURCE_SPECIAL",
        "127.0.0.1,    198.19.0.1, SOURCE_SPECIAL",
        "169.254.1.1,  198.19.0.1, SOURCE_SPECIAL",
        "224.0.0.1,    198.19.0.1, SOURCE_SPECIAL",
        "255.255.255.255, 198.19.0.1, SOURCE_SPECIAL",
        "198.18.0.2,   198.19.0.1, OUTER_CONNECTION",
        "2001:2::9,    2001:2::1,  FAMILY"
    })
    void judgesAddressesFromTheTunnel(String source, String destination, @Nullable Refusal expected) {
        assertThat(fromTunnel(filter(DEVICE, "198.18.0.2", List.of()), source, destination, 6, 4000, 80))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:2::9,   2001:2::1, ",
        "2001:2::9,   2001:2::2, DESTINATION",
        "2001:2::1,   2001:2::1, SOURCE_OURS",
        "::,          2001:2::1, SOURCE_SPECIAL",
        "::1,         2001:2::1, SOURCE_SPECIAL",
        "fe80::1,     2001:2::1, SOURCE_SPECIAL",
        "febf::1,     2001:2::1, SOURCE_SPECIAL",
        "fec0::1,     2001:2::1, ",
        "ff02::1,     2001:2::1, SOURCE_SPECIAL",
        "198.19.0.9,  198.19.0.1, FAMILY"
    })
    void judgesIpv6AddressesFromTheTunnel(String source, String destination, @Nullable Refusal expected) {
        assertThat(fromTunnel(filter(DEVICE6, "2001:2::ff", List.of()), source, destination, 17, 4000, 80))
                .isEqualTo(expected);
    }

    @Test
    void refusesAnIpv4AddressInIpv6Clothing() {
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        mapped[12] = 10;
        // InetAddress turns such an address into IPv4, so the packet is built around a stand-in.
        var packet = Packets.ip(InetAddresses.forString("2001:2::9"), InetAddresses.forString(DEVICE6), 17, 1, 2, 0);
        packet.setBytes(8, mapped);
        assertThat(filter(DEVICE6, "2001:2::ff", List.of()).fromTunnel(Packets.view(packet)))
                .isEqualTo(Refusal.SOURCE_SPECIAL);
    }

    @ParameterizedTest
    @CsvSource({
        "198.19.0.1, 198.19.0.9, 80,   ",
        "198.19.0.3, 198.19.0.9, 80,   SOURCE_OURS",
        "198.19.0.1, 224.0.0.251, 5353, DESTINATION",
        "198.19.0.1, 255.255.255.255, 67, DESTINATION",
        "198.19.0.1, 198.18.0.2, 7000, OUTER_CONNECTION",
        "198.19.0.1, 198.18.0.2, 7001, "
    })
    void judgesWhatTheDeviceSends(String source, String destination, int port, @Nullable Refusal expected) {
        var packet = Packets.ip(address(source), address(destination), 6, 4000, port, 0);
        assertThat(filter(DEVICE, "198.18.0.2", List.of()).fromDevice(Packets.view(packet)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "6,  4000, 80,   true",
        "6,  4000, 81,   false",
        "17, 4000, 5000, true",
        "17, 4000, 5010, true",
        "17, 4000, 5011, false",
        "6,  443,  3333, true",
        "1,  0,    0,    true",
        "47, 0,    0,    false"
    })
    void theAllowListHoldsInBothDirections(int protocol, int clientPort, int devicePort, boolean passes) {
        TunnelFilter filter = filter(
                DEVICE,
                "198.18.0.2",
                Stream.of("tcp:80", "udp:5000-5010", "tcp:remote:443", "icmp")
                        .map(AllowRule::parse)
                        .toList());
        Refusal in = fromTunnel(filter, "198.19.0.9", DEVICE, protocol, clientPort, devicePort);
        Refusal out = filter.fromDevice(
                Packets.view(Packets.ip(address(DEVICE), address("198.19.0.9"), protocol, devicePort, clientPort, 0)));
        assertThat(Arrays.asList(in, out)).containsOnly(passes ? null : Refusal.NOT_ALLOWED);
    }

    @Test
    void onlyConfiguredSourcesPass() {
        TunnelFilter filter = new TunnelFilter(
                address(DEVICE),
                new InetSocketAddress(address("198.18.0.2"), 7000),
                List.of(Prefix.parse("198.19.8.0/21"), Prefix.parse("10.0.0.7")),
                List.of());
        assertThat(fromTunnel(filter, "198.19.15.255", DEVICE, 6, 1, 2)).isNull();
        assertThat(fromTunnel(filter, "10.0.0.7", DEVICE, 6, 1, 2)).isNull();
        assertThat(fromTunnel(filter, "198.19.16.0", DEVICE, 6, 1, 2)).isEqualTo(Refusal.SOURCE_NOT_ALLOWED);
        assertThat(fromTunnel(filter, "10.0.0.8", DEVICE, 6, 1, 2)).isEqualTo(Refusal.SOURCE_NOT_ALLOWED);
    }

    @Test
    void aCutOffTransportHeaderIsRefused() {
        var packet = Packets.raw(address("198.19.0.9"), address(DEVICE), 6, new byte[19]);
        assertThat(filter(DEVICE, "198.18.0.2", List.of()).fromTunnel(Packets.view(packet)))
                .isEqualTo(Refusal.TRUNCATED_TRANSPORT);
    }

    private static TunnelFilter filter(String device, String server, List<AllowRule> rules) {
        return new TunnelFilter(address(device), new InetSocketAddress(address(server), 7000), List.of(), rules);
    }

    private static @Nullable Refusal fromTunnel(
            TunnelFilter filter, String source, String destination, int protocol, int from, int to) {
        return filter.fromTunnel(
                Packets.view(Packets.ip(address(source), address(destination), protocol, from, to, 0)));
    }

    private static InetAddress address(String literal) {
        return InetAddresses.forString(literal);
    }
}
