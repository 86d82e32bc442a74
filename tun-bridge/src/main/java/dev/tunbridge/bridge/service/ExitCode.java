package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeException;

/** Exit codes of the command line; those above 2 are of sysexits.h. */
public final class ExitCode {
    public static final int OK = 0;

    /** Something failed that no other code names. */
    public static final int FAILED = 1;

    /** Wrong option, configuration or frame format. */
    public static final int USAGE = 2;

    /** No TUN device, or something else that this machine lacks (EX_UNAVAILABLE). */
    public static final int UNAVAILABLE = 69;

    /** The server refused the session (EX_PROTOCOL). */
    public static final int REFUSED = 76;

    /** Root or a capability is missing (EX_NOPERM). */
    public static final int NOT_PERMITTED = 77;

    private ExitCode() {}

    /** The code that tells this fault. */
    public static int of(BridgeException fault) {
        return switch (fault.reason()) {
            case REFUSED -> REFUSED;
            case DEVICE, DEVICE_LOST -> UNAVAILABLE;
            case PERMISSION -> NOT_PERMITTED;
        };
    }
}
