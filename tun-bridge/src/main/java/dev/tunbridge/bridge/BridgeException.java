package dev.tunbridge.bridge;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import java.io.IOException;

/** Why a bridge cannot start or cannot go on; trying again without a change would not help. */
public final class BridgeException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What kind of fault it is, as an exit code tells it. */
    public enum Reason {
        /** The server refused the hello. */
        REFUSED,
        /** The TUN device, its addresses or routes cannot be set up. */
        DEVICE,
        /** Not permitted to. */
        PERMISSION,
        /** The device was taken away while the bridge ran. */
        DEVICE_LOST
    }

    public BridgeException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public BridgeException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** A fault of device, addresses or routes, permission told apart. */
    public static BridgeException of(String what, Throwable cause) {
        boolean isForbidden = cause instanceof LinuxException linux && linux.isForbidden();
        if (cause instanceof LinuxException linux
                && linux.errno().equals(Errno.EACCES)
                && linux.operation().equals("open")) {
            return new BridgeException(
                    Reason.PERMISSION,
                    what + ": this user may not open " + linux.subject() + " (its mode is 0666 on most systems)",
                    cause);
        }
        return isForbidden
                ? new BridgeException(
                        Reason.PERMISSION, what + " (needs CAP_NET_ADMIN): " + FaultReason.of(cause), cause)
                : new BridgeException(Reason.DEVICE, what + ": " + FaultReason.of(cause), cause);
    }

    public Reason reason() {
        return reason;
    }
}
