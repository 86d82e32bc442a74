package dev.tunbridge.bridge.doctor;

import java.util.List;

/**
 * One thing that was found.
 *
 * @param code what it is; stable over releases
 * @param severity how much it matters
 * @param affects the tunnel, the device, or {@code host}
 * @param read what was read and where
 * @param why why it matters to a tunnel
 * @param mend the command that mends it, or what to do where no command does; empty where nothing is to be done
 * @param fixes what {@code --fix} would change; empty where it is not safe or not sure
 */
public record Finding(
        FindingCode code, Severity severity, String affects, String read, String why, String mend, List<Fix> fixes) {
    /** What findings about the machine as a whole affect. */
    public static final String HOST = "host";

    public Finding {
        fixes = List.copyOf(fixes);
    }

    /** One that somebody has to mend. */
    static Finding of(FindingCode code, String affects, String read, String mend) {
        return new Finding(code, code.severity(), affects, read, code.why(), mend, List.of());
    }

    /** One that {@code --fix} mends as well. */
    static Finding of(FindingCode code, String affects, String read, String mend, List<Fix> fixes) {
        return new Finding(code, code.severity(), affects, read, code.why(), mend, fixes);
    }

    /** Whether {@code --fix} mends it. */
    public boolean fixable() {
        return !fixes.isEmpty();
    }
}
