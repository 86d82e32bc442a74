package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** What a question and a change cost, by netlink and by a process: run by hand, as root. */
final class NetlinkCost {
    private static final int ROUTES = 600;
    private static final int ADDRESSES = 200;
    private static final int RULES = 400;

    private NetlinkCost() {}

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        try (OtherHost host = OtherHost.withCable();
                NetworkConfiguration network = host.configuration()) {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < ROUTES; i++) {
                lines.add("route add 198.19.%d.%d/30 dev v0".formatted(i / 64, i % 64 * 4));
            }
            for (int i = 0; i < ADDRESSES; i++) {
                lines.add("addr add 198.18.9.%d/32 dev v0".formatted(i + 1));
            }
            for (int i = 0; i < RULES; i++) {
                lines.add("rule add fwmark %d lookup 500 pref %d".formatted(i + 1, 1000 + i));
            }
            host.batch(lines);
            KernelRoute route = KernelRoute.onLink(
                    InetAddress.getByName("198.18.77.0"),
                    24,
                    new KernelRoute.Key(KernelRoute.TABLE_MAIN, 50, 84, 0),
                    network.link("v0").index());
            PolicyRule rule = PolicyRule.from(InetAddress.getByName("198.18.77.1"), 500, 700, 84);
            measure("list, netlink", 300, () -> {
                network.routes(AddressFamily.IPV4);
                network.addresses();
                network.rules(AddressFamily.IPV4);
            });
            measure("list, ip", 20, () -> {
                host.ip("-json route show table all");
                host.ip("-json addr");
                host.ip("-json rule");
            });
            measure("route added and removed, netlink", 2000, () -> {
                network.add(route);
                network.remove(route);
            });
            measure("rule added and removed, netlink", 300, () -> {
                network.add(rule);
                network.remove(rule);
            });
            measure("route added and removed, ip", 20, () -> {
                host.ip("route add 198.18.77.0/24 dev v0 metric 50");
                host.ip("route del 198.18.77.0/24 dev v0 metric 50");
            });
        }
    }

    private static void measure(String what, int times, Work work) throws Exception {
        long best = Long.MAX_VALUE;
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            long before = System.nanoTime();
            work.run();
            best = Math.min(best, System.nanoTime() - before);
        }
        long mean = (System.nanoTime() - start) / times;
        System.out.printf("%-34s mean %8d µs, least %8d µs%n", what, mean / 1000, best / 1000);
    }
}
