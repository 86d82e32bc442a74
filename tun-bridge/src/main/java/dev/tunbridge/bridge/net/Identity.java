package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.PolicyRule;

/**
 * By what a route or a rule of a tunnel is known, in this process, in another one, and after a kill. Nothing that does not
 * bear it is ever replaced or removed.
 *
 * <pre>
 *   routes of a device    protocol 84, through the device, metric 84 or the next that is free for the network
 *   its own table         0x5442_0000 + the device's number (then 0x5443_0000 + …): one default route, protocol 84
 *   the rules to it       protocol 84 (Linux 4.17): from the device's address, and for a mark of its own in the upper 16 bits
 *   routes to servers     protocol 84, metric 0x5442_0000 + the device's number
 * </pre>
 *
 * A device's number is not given twice while its namespace lives, so what bears the number of a device that is gone is
 * left over.
 */
public final class Identity {
    /** Not assigned in rt_protos; the T of Tunbridge. */
    public static final int PROTOCOL = 84;

    /** Behind what an administrator makes without a metric, before what network managers do (100 and more). */
    static final int ROUTE_METRIC = 84;

    /** More tunnels into the same network than a host has. */
    static final int ROUTE_METRICS = 4096;

    /** Far from what people number by hand (below 1000), from the reserved tables 253 to 255, and from any usual metric. */
    static final int BASE = 0x5442_0000;

    /** The bits of a mark that are ours. Others use some of them too (Tailscale's 0x80000 of 0xff0000): one that a rule of theirs asks for is left out. */
    public static final int MARK_MASK = 0xffff_0000;

    private static final int FIRST_MARK = 0x5400_0000;
    private static final int MARKS = 255;

    private static final int NUMBERS = 1 << 16;
    private static final int RANGES = 16;

    private Identity() {}

    public static boolean isOurs(KernelRoute route) {
        return route.key().protocol() == PROTOCOL;
    }

    public static boolean isOurs(PolicyRule rule) {
        return rule.protocol() == PROTOCOL;
    }

    /** Whether it is one to a server, past a tunnel. */
    static boolean isServerRoute(KernelRoute route) {
        return isOurs(route) && route.key().priority() >= BASE;
    }

    /** The metric of the route to the server of the tunnel with this device. */
    static long serverMetric(int deviceIndex) {
        return (long) BASE + deviceIndex % NUMBERS;
    }

    /** Tables for this device and no other, in the order of preference. */
    static int[] tables(int deviceIndex) {
        int[] tables = new int[RANGES];
        for (int i = 0; i < RANGES; i++) {
            tables[i] = BASE + i * NUMBERS + deviceIndex % NUMBERS;
        }
        return tables;
    }

    static boolean isTableOf(int deviceIndex, int table) {
        return isOurTable(table) && (table - BASE) % NUMBERS == deviceIndex % NUMBERS;
    }

    /** Marks for this device, in the order of preference. */
    static int[] marks(int deviceIndex) {
        int[] marks = new int[MARKS];
        for (int i = 0; i < MARKS; i++) {
            marks[i] = FIRST_MARK | (1 + (deviceIndex + i) % MARKS) << 16;
        }
        return marks;
    }

    private static boolean isOurTable(int table) {
        return table >= BASE && table < BASE + RANGES * NUMBERS;
    }
}
