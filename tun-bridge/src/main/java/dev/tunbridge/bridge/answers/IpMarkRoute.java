package dev.tunbridge.bridge.answers;

import java.io.IOException;
import java.util.List;

/** A mark's rule and table, made by iproute2's {@code ip}. Table and mark of a device have the same number. */
public final class IpMarkRoute implements MarkRoute {
    /** Before the rule for the device's own address, 5000, and so before main. */
    private static final int PRIORITY = 4999;
    /** Not assigned in rt_protos; beside 84, which the source rule has. */
    private static final int PROTOCOL = 85;

    private static final int FIRST_TABLE = 0x5443_0000;
    private static final int FIRST_MARK = 0x5400_0000;
    private static final int NUMBERS = 255;

    private final List<String> rule;
    private final List<String> route;
    private final String family;
    private final int mark;

    private IpMarkRoute(String family, String device, int number) {
        this.family = family;
        mark = FIRST_MARK | number << 16;
        String table = String.valueOf(FIRST_TABLE + number);
        rule = List.of(
                "fwmark",
                String.format("0x%x/0x%x", mark, MASK),
                "lookup",
                table,
                "priority",
                String.valueOf(PRIORITY),
                "protocol",
                String.valueOf(PROTOCOL));
        route = List.of("default", "dev", device, "table", table);
    }

    /** Two tunnels that are set up at once must not find the same number free. */
    public static synchronized IpMarkRoute lead(String device, IpFamily family) throws IOException {
        String option = family == IpFamily.IPV4 ? "-4" : "-6";
        int usual = Math.floorMod(device.hashCode(), NUMBERS);
        for (int i = 0; i < NUMBERS; i++) {
            int number = 1 + (usual + i) % NUMBERS;
            if (servesNoneBut(device, option, FIRST_TABLE + number)) {
                IpMarkRoute made = new IpMarkRoute(option, device, number);
                made.add();
                return made;
            }
        }
        throw new IOException("no free routing table for marks from " + FIRST_TABLE + " on");
    }

    private static boolean servesNoneBut(String device, String family, int table) throws IOException {
        // A table that does not exist is an error to ip, and has no route.
        HostProgram.Outcome shown =
                HostProgram.IP.outcome("", List.of(family, "route", "show", "table", String.valueOf(table)));
        return shown.exitCode() != 0
                || shown.output().lines().allMatch(route -> (route + " ").contains(" dev " + device + " "));
    }

    private void add() throws IOException {
        HostProgram.IP.outcome("", HostProgram.words(List.of(family, "rule", "del"), rule)); // of a killed process
        HostProgram.IP.run("", HostProgram.words(List.of(family, "route", "replace"), route));
        HostProgram.IP.run("", HostProgram.words(List.of(family, "rule", "add"), rule));
    }

    @Override
    public int mark() {
        return mark;
    }

    @Override
    public void close() throws IOException {
        HostProgram.IP.outcome("", HostProgram.words(List.of(family, "rule", "del"), rule));
        HostProgram.IP.outcome("", HostProgram.words(List.of(family, "route", "del"), route));
    }
}
