package dev.tunbridge.protocol.message;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a message is to the bridge. */
public enum Meaning {
    /** A whole IP packet. */
    PACKET,
    /** A TCP segment from its header on. */
    TCP,
    /** A UDP datagram from its header on. */
    UDP,
    /** A message of the application itself. */
    APP,
    /** The server asks for a connection to a service of the device. */
    OPEN,
    /** The device answers. */
    OPENED,
    /** Bytes of a channel. */
    DATA,
    /** The receiver of a channel can take more. */
    CREDIT,
    /** The end of a channel. */
    CLOSE,
    /** The session's own business: login, keep-alive, farewell. */
    SIGNAL;

    static final String CONTENT = "content";
    static final String CLIENT_ADDRESS = "client-address";
    static final String DEVICE_ADDRESS = "device-address";
    static final String CHANNEL = "channel";

    /** The fields that it has, by name: no more, no fewer. Those of a signal are named by its description. */
    List<String> fields() {
        return switch (this) {
            case PACKET -> List.of(CONTENT);
            case TCP, UDP -> List.of(CLIENT_ADDRESS, DEVICE_ADDRESS, CONTENT);
            case APP -> List.of("topic", CONTENT);
            case OPEN -> List.of(CHANNEL, "transport", "device-port", CLIENT_ADDRESS, "client-port");
            case OPENED -> List.of(CHANNEL, "status", "credit");
            case DATA -> List.of(CHANNEL, CONTENT);
            case CREDIT -> List.of(CHANNEL, "bytes");
            case CLOSE -> List.of(CHANNEL, "how");
            case SIGNAL -> List.of();
        };
    }

    /** As descriptions write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Meaning> of(String key) {
        for (Meaning meaning : values()) {
            if (meaning.key().equals(key)) {
                return Optional.of(meaning);
            }
        }
        return Optional.empty();
    }

    /** Whether its bytes are read where they lie, and its last item is all that is left. */
    boolean isTraffic() {
        return this == PACKET || this == TCP || this == UDP || this == DATA;
    }
}
