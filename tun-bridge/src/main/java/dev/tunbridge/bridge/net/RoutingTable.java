package dev.tunbridge.bridge.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which routing table belongs to a device: one number for each name, the next where somebody else is there already. */
final class RoutingTable {

    /** Far from what people number by hand (below 1000) and from the reserved tables 253 to 255. */
    private static final int FIRST = 0x5442_0000;

    private static final int COUNT = 1 << 12;
    private static final int TRIES = 16;

    /** The devices of this process by their table and network namespace. */
    private static final Map<String, String> OF_THIS_PROCESS = new ConcurrentHashMap<>();

    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");

    private RoutingTable() {}

    /**
     * A table that nobody else uses, the device's usual one where possible. In this process no other device gets it until
     * it is {@linkplain #giveBack given back}, not even one that is set up at the same time.
     */
    static int forDevice(String family, String device) throws IOException {
        int usual = Math.floorMod(device.hashCode(), COUNT);
        for (int i = 0; i < TRIES; i++) {
            int table = FIRST + (usual + i) % COUNT;
            String owner = OF_THIS_PROCESS.putIfAbsent(name(table), device);
            if (owner != null && !owner.equals(device)) {
                continue;
            }
            if (servesNoneBut(device, family, table)) {
                return table;
            }
            giveBack(table, device);
        }
        throw new IOException("no free routing table for " + device + " from " + (FIRST + usual) + " on");
    }

    static void giveBack(int table, String device) throws IOException {
        OF_THIS_PROCESS.remove(name(table), device);
    }

    /**
     * Whether another device of this process has the table. Asking the kernel what each table holds would take as many
     * commands as there are tunnels, for each of them.
     */
    static boolean isOfAnother(int table, String device) throws IOException {
        String owner = OF_THIS_PROCESS.get(name(table));
        return owner != null && !owner.equals(device);
    }

    private static String name(int table) throws IOException {
        return Files.readSymbolicLink(NAMESPACE) + " " + table;
    }

    /** Whether the table has no route but those of this device; one that does not exist has none. */
    static boolean servesNoneBut(String device, String family, int table) throws IOException {
        return IpCommand.output(family, "route", "show", "table", String.valueOf(table))
                .lines()
                .allMatch(route -> (route + " ").contains(" dev " + device + " "));
    }
}
