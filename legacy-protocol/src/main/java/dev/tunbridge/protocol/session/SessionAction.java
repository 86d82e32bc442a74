package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Message;

/** What a session asks its connection to do, in order. */
public sealed interface SessionAction {
    /** Send this message. */
    record Send(Message message) implements SessionAction {}

    /** Traffic may flow from here. */
    record Established(TunnelParameters tunnel) implements SessionAction {}

    /**
     * The server does not want this device; {@link Closed} follows.
     *
     * @param isPassing whether it may want it later
     */
    record Refused(String reason, String text, boolean isPassing) implements SessionAction {}

    /** Hand this to the application. */
    record Deliver(Message.App message) implements SessionAction {}

    /** A message that is laid out and that the session does not speak of. It is to be counted and skipped, as an unknown type is. */
    record PassedOver(Message.Signal message) implements SessionAction {}

    /** Flush what was sent and close the connection. Nothing follows. */
    record Closed(CloseReason reason, String detail) implements SessionAction {}
}
