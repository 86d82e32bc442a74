package dev.tunbridge.bridge.net;

import java.io.IOException;

/** Which routing table belongs to a device: one number for each name, the next where somebody else is there already. */
final class RoutingTable {

    /** Far from what people number by hand (below 1000) and from the reserved tables 253 to 255. */
    private static final int FIRST = 0x5442_0000;

    private static final int COUNT = 1 << 12;
    private static final int TRIES = 16;

    private RoutingTable() {}

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
