package dev.tunbridge.bridge.relay;

/** Where the local services are. */
public interface ServiceSide {
    /**
     * Begins to connect to the service that the channel asks for. What becomes of it is told later, and never from within this call, by
     * {@link Relay#connected} or {@link Relay#connectFailed}.
     */
    Service connect(Channel channel);
}
