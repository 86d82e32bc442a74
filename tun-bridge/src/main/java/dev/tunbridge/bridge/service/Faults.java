package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.BridgeException;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.protocol.description.DescriptionException;
import java.nio.file.AccessDeniedException;
import picocli.CommandLine.ParameterException;

/** Which exit code tells which fault. */
final class Faults {
    private Faults() {}

    /** A file that an option or a setting names, and that may not be read or written: nothing is wrong with the option. */
    private static boolean isClosedToUs(Throwable fault) {
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            if (cause instanceof AccessDeniedException) {
                return true;
            }
        }
        return false;
    }

    static int exitCode(Throwable fault) {
        if (fault instanceof ControlOptions.ServiceException service) {
            return service.exitCode();
        }
        if (isClosedToUs(fault)) {
            return ExitCode.NOT_PERMITTED;
        }
        if (fault instanceof BridgeException bridge) {
            return ExitCode.of(bridge);
        }
        if (fault instanceof ConfigException || fault instanceof DescriptionException) {
            return ExitCode.USAGE;
        }
        if (fault instanceof LinuxException linux) {
            return linux.isForbidden() ? ExitCode.NOT_PERMITTED : ExitCode.UNAVAILABLE;
        }
        if (fault instanceof ParameterException) {
            return ExitCode.USAGE;
        }
        return fault.getCause() instanceof LinkageError ? ExitCode.UNAVAILABLE : ExitCode.FAILED; // a native library
    }
}
