package dev.tunbridge.sim.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process told apart from every other of this boot: "PID-START", with the start in clock ticks from
 * {@code /proc/PID/stat}, because process numbers are used again. What a killed process leaves behind carries it.
 */
public final class ProcessIdentity {

    /** Field 22 of stat, counted behind the name in parentheses, which may hold spaces: there it is the 20th. */
    private static final int START_FIELD = 19;

    private ProcessIdentity() {}

    public static String current() {
        long pid = ProcessHandle.current().pid();
        return pid + "-" + startTicks(pid);
    }

    /** Whether the process that said this of itself still runs. */
    public static boolean isAlive(String identity) {
        int dash = identity.indexOf('-');
        if (dash < 1) {
            return false;
        }
        try {
            long pid = Long.parseLong(identity.substring(0, dash));
            return startTicks(pid).equals(identity.substring(dash + 1));
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String startTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[START_FIELD];
        } catch (IOException e) {
            return "gone";
        }
    }
}
