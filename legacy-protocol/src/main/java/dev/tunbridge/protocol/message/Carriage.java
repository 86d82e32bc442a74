package dev.tunbridge.protocol.message;

import java.util.Locale;
import java.util.Optional;

/** How traffic travels in frames. */
public enum Carriage {
    /** Whole IP packets. */
    PACKET,
    /** TCP segments and UDP datagrams without an IP header. */
    SEGMENT,
    /** Virtual sockets: byte streams and datagrams on channels. */
    SOCKET;

    /** As descriptions name it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one that a description names so. */
    public static Optional<Carriage> of(String key) {
        for (Carriage carriage : values()) {
            if (carriage.key().equals(key)) {
                return Optional.of(carriage);
            }
        }
        return Optional.empty();
    }
}
