package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message;

/** Which services the server may ask for, and from which clients: the tunnel's filter. */
@FunctionalInterface
public interface Admission {
    boolean admits(Message.Open open);
}
