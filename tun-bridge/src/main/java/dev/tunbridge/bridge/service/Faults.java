package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.protocol.frame.FrameFormatException;

/** Which exit code tells which fault. */
final class Faults {
    private Faults() {}

    static int exitCode(Throwable fault) {
        if (fault instanceof BridgeException bridge) {
            return ExitCode.of(bridge);
        }
        if (fault instanceof ConfigException || fault instanceof FrameFormatException) {
            return ExitCode.USAGE;
        }
        if (fault instanceof LinuxException linux) {
            boolean isForbidden =
                    linux.errno().equals(Errno.EPERM) || linux.errno().equals(Errno.EACCES);
            return isForbidden ? ExitCode.NOT_PERMITTED : ExitCode.UNAVAILABLE;
        }
        return ExitCode.FAILED;
    }
}
