package dev.tunbridge.protocol.message;

import java.util.Locale;

/** The frame types of the reference protocol, the frequent ones first, as they are looked up in this order. */
enum ReferenceType {
    TCP,
    PACKET,
    UDP,
    DATA,
    CREDIT,
    KEEPALIVE,
    KEEPALIVE_ACK,
    APP,
    OPEN,
    OPENED,
    CLOSE,
    HELLO,
    WELCOME,
    REJECT,
    BYE;

    /** The name in a description's {@code types}. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
