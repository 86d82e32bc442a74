package dev.tunbridge.bridge.supervisor;

import java.util.List;

/**
 * What a reload has done, by names of tunnels.
 *
 * @param added set up
 * @param restarted taken down and set up anew
 * @param changed whose running session took new settings
 * @param removed taken down
 * @param unchanged left alone
 * @param service keys of the service that have changed, and count now
 * @param atNextStart keys of the service that have changed, and count at its next start
 */
public record ReloadReport(
        List<String> added,
        List<String> restarted,
        List<String> changed,
        List<String> removed,
        List<String> unchanged,
        List<String> service,
        List<String> atNextStart) {

    /** In one line. */
    public String words() {
        String told = part("added", added)
                + part("set up anew", restarted)
                + part("changed", changed)
                + part("removed", removed)
                + part("of the service", service)
                + part("counts at the next start:", atNextStart);
        return told.isEmpty() ? "nothing has changed" : told.substring(2);
    }

    private static String part(String what, List<String> names) {
        return names.isEmpty() ? "" : "; " + what + " " + String.join(", ", names);
    }
}
