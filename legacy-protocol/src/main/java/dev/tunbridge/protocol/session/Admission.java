package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Value;
import java.util.Map;

/** A server's decision about a device. */
@FunctionalInterface
public interface Admission {
    /** What a server answers. */
    sealed interface Decision {
        /** The tunnel is the device's. */
        record Admitted(TunnelParameters tunnel) implements Decision {}

        /**
         * The device is not wanted.
         *
         * @param reason by the name that the description gives it
         */
        record Refused(String reason, String text) implements Decision {}
    }

    /** The answer to what the device has said of itself so far, by variable. */
    Decision admit(Map<String, Value> said);
}
