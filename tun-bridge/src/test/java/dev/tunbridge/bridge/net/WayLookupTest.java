package dev.tunbridge.bridge.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.reassembly.wire.IpView;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The way besides the tunnels, on hosts decided by a seed: what the kernel itself takes once the tunnels' routes are gone. */
class WayLookupTest {
    private static final int HOSTS = 5;
    private static final int QUESTIONS = 8;
    private static final String[] INTERFACES = {"a0", "b0", "c0", "tb0", "tb1"};

    private TestNamespace namespace;

    @BeforeEach
    void openNamespace() throws IOException {
        namespace = TestNamespace.open();
        for (int i = 0; i < INTERFACES.length; i++) {
            String name = INTERFACES[i];
            namespace.inside("link", "add", name, "type", "veth", "peer", "name", name + "p");
            namespace.inside("link", "set", name, "addrgenmode", "none");
            namespace.inside("link", "set", name + "p", "addrgenmode", "none");
            namespace.inside("addr", "add", "198.18." + i + ".1/24", "dev", name);
            namespace.inside("addr", "add", "2001:2:0:" + i + "::1/64", "dev", name, "nodad");
            namespace.inside("link", "set", name + "p", "up");
            namespace.inside("link", "set", name, "up");
        }
    }

    @AfterEach
    void removeNamespace() throws IOException {
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"IPV4, 1", "IPV6, 2"})
    void isTheWayThatTheKernelTakesWithoutThem(AddressFamily family, long seed) throws Exception {
        Random random = new Random(seed);
        int ways = 0;
        for (int i = 0; i < HOSTS; i++) {
            String flag = family == AddressFamily.IPV4 ? "-4" : "-6";
            List<String> ours = new ArrayList<>();
            List<String> undo = new ArrayList<>();
            for (int route = 0; route < 14; route++) {
                make(flag, route(family, random), "route", ours, undo);
            }
            for (int rule = 0; rule < 5; rule++) {
                make(flag, rule(family, random), "rule", ours, undo);
            }
            List<InetAddress> destinations = new ArrayList<>();
            List<Optional<KernelRoute>> found = new ArrayList<>();
            for (int question = 0; question < QUESTIONS; question++) {
                InetAddress destination = InetAddress.getByName(address(family, random));
                destinations.add(destination);
                found.add(way(destination, family));
            }
            for (String line : ours) {
                namespace.inside((flag + " route del " + line).split(" ", -1));
                undo.remove("route del " + line);
            }
            for (int question = 0; question < QUESTIONS; question++) {
                InetAddress destination = destinations.get(question);
                String described = "seed " + seed + ", host " + i + ", " + destination.getHostAddress() + "\n"
                        + namespace.inside(flag, "rule", "show")
                        + namespace.inside(flag, "route", "show", "table", "all");
                Optional<KernelRoute> kernel = kernel(destination);
                assertThat(found.get(question).map(KernelRoute::toString))
                        .as(described)
                        .isEqualTo(kernel.map(KernelRoute::toString));
                ways += kernel.isPresent() ? 1 : 0;
            }
            for (String line : undo) {
                namespace.inside((flag + " " + line).split(" ", -1));
            }
        }
        assertThat(ways).as("questions that have an answer").isGreaterThan(HOSTS * QUESTIONS / 3);
    }

    private Optional<KernelRoute> way(InetAddress destination, AddressFamily family) throws Exception {
        return namespace.call(() -> {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                HostNetwork host = HostNetwork.read(configuration, family);
                return new WayLookup(host, route -> !Identity.isOurs(route))
                        .find(destination, Optional.empty())
                        .map(WayLookup.Way::route)
                        .filter(route -> route.kind().isUnicast());
            }
        });
    }

    private Optional<KernelRoute> kernel(InetAddress destination) throws Exception {
        return namespace.call(() -> {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                return configuration
                        .match(destination, IpView.PROTOCOL_TCP)
                        .filter(route -> route.kind().isUnicast());
            }
        });
    }

    /** What the kernel does not take is not made. */
    private void make(String flag, String line, String kind, List<String> ours, List<String> undo) {
        try {
            namespace.inside((flag + " " + kind + " add " + line).split(" ", -1));
            undo.add(kind + " del " + line);
            if (line.contains("proto 84")) {
                ours.add(line);
            }
        } catch (IOException e) {
            assertThat(e)
                    .hasMessageMatching(
                            "(?s).*(File exists|Nexthop has invalid gateway|Invalid argument|No route to host).*");
        }
    }

    private static String address(AddressFamily family, Random random) {
        int third = random.nextInt(8);
        return family == AddressFamily.IPV4
                ? "198.18." + third + "." + (2 + random.nextInt(250))
                : "2001:2:0:" + third + "::" + Integer.toHexString(2 + random.nextInt(250));
    }

    private static String network(AddressFamily family, Random random) {
        if (random.nextInt(4) == 0) {
            return "default";
        }
        int third = random.nextInt(8);
        int[] lengths = family == AddressFamily.IPV4 ? new int[] {21, 22, 23, 24} : new int[] {61, 62, 63, 64};
        int length = lengths[random.nextInt(lengths.length)];
        int masked = third & ~((1 << (lengths[3] - length)) - 1);
        return (family == AddressFamily.IPV4 ? "198.18." + masked + ".0/" : "2001:2:0:" + masked + "::/") + length;
    }

    private static String route(AddressFamily family, Random random) {
        int device = random.nextInt(INTERFACES.length);
        boolean isTunnel = device >= 3;
        String table = new String[] {"main", "main", "77", "78", "default"}[random.nextInt(5)];
        String metric = " metric " + (10 + random.nextInt(5));
        if (!isTunnel && random.nextInt(4) == 0) {
            String type = new String[] {"unreachable ", "throw ", "prohibit "}[random.nextInt(3)];
            return type + network(family, random) + " table " + table + metric;
        }
        String gateway = isTunnel || random.nextBoolean()
                ? ""
                : " via " + (family == AddressFamily.IPV4 ? "198.18." + device + ".2" : "2001:2:0:" + device + "::2");
        return network(family, random) + gateway + " dev " + INTERFACES[device] + " table " + table + metric
                + (isTunnel ? " proto 84" : "");
    }

    private static String rule(AddressFamily family, Random random) {
        String priority = " priority " + (100 + random.nextInt(900));
        String table = " lookup " + new String[] {"77", "78", "main"}[random.nextInt(3)];
        String own = family == AddressFamily.IPV4 ? "198.18.0.1" : "2001:2:0:0::1";
        return switch (random.nextInt(8)) {
            case 0 -> "to " + (family == AddressFamily.IPV4 ? "198.18.4.0/22" : "2001:2:0:4::/62") + table + priority;
            case 1 -> "from " + own + table + priority;
            case 2 -> "fwmark 0x10/0xf0" + table + priority;
            case 3 -> "not fwmark 0x10/0xf0" + table + priority;
            case 4, 7 -> "table main suppress_prefixlength " + (family == AddressFamily.IPV4 ? 21 : 61) + priority;
            case 5 -> "iif a0" + table + priority;
            default -> "from all" + table + priority;
        };
    }
}
