package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.io.IOException;
import java.util.List;

/** Which routing table belongs to a device: one number for each device, the next range where somebody else is there already. */
final class RoutingTable {
    private RoutingTable() {}

    /** A table that nobody else uses, the device's usual one where possible. */
    static int forDevice(int deviceIndex, HostNetwork host) throws IOException {
        int[] tables = Identity.tables(deviceIndex);
        for (int table : tables) {
            if (servesNoneBut(deviceIndex, table, host)) {
                return table;
            }
        }
        throw new HostConflictException("no free routing table for " + host.nameOf(deviceIndex) + ": "
                + Integer.toUnsignedString(tables[0]) + " and " + (tables.length - 1) + " more are used by others");
    }

    /** Whether the table has no route but those of this device, and no rule of anybody else asks it. */
    private static boolean servesNoneBut(int deviceIndex, int table, HostNetwork host) {
        List<PolicyRule> rules = host.rules().orElse(List.of());
        return host.routes().stream()
                        .filter(route -> route.key().table() == table)
                        .allMatch(route -> Identity.isOurs(route) && route.leadsThrough(deviceIndex))
                && rules.stream().allMatch(rule -> rule.table() != table || Identity.isOurs(rule));
    }

    /** Whether no route is left in the table, but perhaps those of this device. */
    static boolean isLeftOver(int table, int deviceIndex, HostNetwork host) {
        return host.routes().stream()
                .filter(route -> route.key().table() == table)
                .allMatch((KernelRoute route) -> Identity.isOurs(route) && route.leadsThrough(deviceIndex));
    }
}
