package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.config.ConfigException;
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
            return linux.isForbidden() ? ExitCode.NOT_PERMITTED : ExitCode.UNAVAILABLE;
        }
        return fault.getCause() instanceof LinkageError ? ExitCode.UNAVAILABLE : ExitCode.FAILED; // a native library
    }
}
