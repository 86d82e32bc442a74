package dev.tunbridge.bridge;

import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.util.Map;

/** What a server of the reference protocol says of the session itself. */
public final class ServerSignals {
    private ServerSignals() {}

    public static Message welcome(TunnelParameters tunnel) {
        return new Message.Signal(
                "welcome",
                Map.of(
                        "carriage", new Value.Text(tunnel.carriage().key()),
                        "session", new Value.Whole(tunnel.session()),
                        "mtu", new Value.Whole(tunnel.mtu()),
                        "prefix-length", new Value.Whole(tunnel.prefixLength()),
                        "device-address", new Value.Address(tunnel.deviceAddress()),
                        "server-address", new Value.Address(tunnel.serverAddress())));
    }

    public static Message keepAlive(long nonce) {
        return new Message.Signal("keepalive", Map.of("nonce", new Value.Whole(nonce)));
    }
}
