package dev.tunbridge.bridge.relay;

import dev.tunbridge.protocol.message.Message.OpenStatus;

/** Why a channel was not opened. */
public enum OpenRefusal {
    /** The filter does not admit the port or the client. */
    NOT_ALLOWED(OpenStatus.REFUSED),
    /** As many channels as allowed are there. */
    CHANNELS(OpenStatus.LIMIT),
    /** As many connections as allowed wait for their service's answer. */
    HALF_OPEN(OpenStatus.LIMIT),
    /** More opens a second than allowed. */
    OPEN_RATE(OpenStatus.LIMIT),
    /** This host has no descriptor, port or memory left. */
    HOST_LIMIT(OpenStatus.LIMIT),
    /** Nobody listens there. */
    SERVICE_REFUSED(OpenStatus.REFUSED),
    /** No way leads there. */
    SERVICE_UNREACHABLE(OpenStatus.UNREACHABLE),
    /** It has not answered in time. */
    CONNECT_TIMEOUT(OpenStatus.UNREACHABLE),
    /** The server has reset it before it was open. */
    GIVEN_UP(OpenStatus.REFUSED),
    /** The server has broken a rule before it was open. */
    MISBEHAVIOUR(OpenStatus.REFUSED);

    private final OpenStatus status;

    OpenRefusal(OpenStatus status) {
        this.status = status;
    }

    /** What the server is told. */
    public OpenStatus status() {
        return status;
    }
}
