package dev.tunbridge.bridge.control;

import java.io.IOException;
import java.util.Locale;

/** A request that was not done, with a code that programs can tell apart. */
public final class ControlException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Code code;

    /** What kind of fault it is. In an answer it is spelt in lower case with hyphens. */
    public enum Code {
        /** No request: not JSON, too long, without what it must have. */
        BAD_REQUEST,
        /** Another version of the protocol. */
        VERSION,
        /** No such command. */
        UNKNOWN_COMMAND,
        /** An argument that the command does not take, or with a wrong value. */
        BAD_ARGUMENT,
        /** No tunnel of this name. */
        UNKNOWN_TUNNEL,
        /** This user may read, and not change. */
        NOT_PERMITTED,
        /** The new configuration is wrong; the old one goes on. */
        BAD_CONFIGURATION,
        /** What was waited for has not come in time. */
        TIMEOUT,
        /** All places for clients are taken. */
        BUSY,
        /** A fault of the service itself. */
        FAILED;

        /** As an answer has it. */
        public String spelling() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public ControlException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
