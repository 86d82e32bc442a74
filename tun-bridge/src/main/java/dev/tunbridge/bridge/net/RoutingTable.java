package dev.tunbridge.bridge.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which routing table belongs to a device: one number for each name, the next where somebody else is there already. */
final class RoutingTable {

    /** Far from what people number by hand (below 1000) and from the reserved tables 253 to 255. */
    private static final int FIRST = 0x5442_0000;

    private static final int COUNT = 1 << 12;
    private static final int TRIES = 16;

    /** Those of the tunnels of this process, each with the network namespace that it is in. */
    private static final Set<String> OF_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");

    private RoutingTable() {}

    /** Remembers that a tunnel of this process has the table, in the calling thread's namespace, until the answer is run. */
    static Runnable keep(int table) throws IOException {
        String name = name(table);
        OF_THIS_PROCESS.add(name);
        return () -> OF_THIS_PROCESS.remove(name);
    }

    /** Asking the kernel what each table holds would take as many commands as there are tunnels, for each of them. */
    static boolean isOfThisProcess(int table) throws IOException {
        return OF_THIS_PROCESS.contains(name(table));
    }

    private static String name(int table) throws IOException {
        return Files.readSymbolicLink(NAMESPACE) + " " + table;
    }

    /** A table that nobody else uses, the device's usual one where possible. */
    static int forDevice(String family, String device) throws IOException {
        int usual = Math.floorMod(device.hashCode(), COUNT);
        for (int i = 0; i < TRIES; i++) {
            int table = FIRST + (usual + i) % COUNT;
            if (servesNoneBut(device, family, table)) {
                return table;
            }
        }
        throw new IOException("no free routing table for " + device + " from " + (FIRST + usual) + " on");
    }

    /** Whether the table has no route but those of this device; one that does not exist has none. */
    static boolean servesNoneBut(String device, String family, int table) throws IOException {
        return IpCommand.output(family, "route", "show", "table", String.valueOf(table))
                .lines()
                .allMatch(route -> (route + " ").contains(" dev " + device + " "));
    }
}
