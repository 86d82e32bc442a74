package dev.tunbridge.sim.hostcampaign;

import com.google.common.net.InetAddresses;
import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.sim.server.ServerOptions;
import dev.tunbridge.sim.server.WriteMode;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;

/**
 * What a server of the campaign says.
 *
 * @param server its address in the tunnel, the second one of its network
 * @param device the address that it gives
 * @param prefixLength of both
 * @param token what it asks for; another one than the bridge's: it refuses
 */
record Welcome(String server, String device, int prefixLength, int mtu, Carriage carriage, String token) {
    static final int PORT = 7000;

    private static final int ALMOST_NO_IPV6 = 1200;

    private static final List<String> NETWORKS =
            List.of("198.19.0.", "198.19.0.", "198.19.0.", "198.19.4.", "198.18.88.", "2001:2:0:2::", "2001:2:0:3::");

    /** @param mayBeShort whether the MTU may be one under 1280 */
    static Welcome draw(Random random, boolean mayBeShort) {
        String network = NETWORKS.get(random.nextInt(NETWORKS.size()));
        boolean isIpv6 = network.contains(":");
        int short4 = mayBeShort && !isIpv6 ? ALMOST_NO_IPV6 : ServerOptions.DEFAULT_MTU;
        return new Welcome(
                network + "2",
                network + "1",
                isIpv6 ? 126 : List.of(30, 24, 32).get(random.nextInt(3)),
                List.of(ServerOptions.DEFAULT_MTU, ServerOptions.DEFAULT_MTU, 1280, short4)
                        .get(random.nextInt(4)),
                random.nextBoolean() ? Carriage.SEGMENT : Carriage.PACKET,
                random.nextInt(12) == 0 ? "another" : "");
    }

    ServerOptions options() {
        return new ServerOptions(
                new InetSocketAddress(PORT),
                "sim0",
                InetAddresses.forString(server),
                prefixLength,
                InetAddresses.forString(device),
                carriage,
                WriteMode.FRAME,
                Protocol.builtin("reference"),
                mtu,
                token);
    }
}
