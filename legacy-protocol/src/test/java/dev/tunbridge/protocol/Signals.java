package dev.tunbridge.protocol;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** The reference protocol's session messages, written out. */
public final class Signals {
    private Signals() {}

    public static Message.Signal hello(int version, Collection<Carriage> carriages, String deviceId, Octets token) {
        return new Message.Signal(
                "hello",
                Map.of(
                        "version",
                        number(version),
                        "carriages",
                        names(carriages),
                        "device-id",
                        new Value.Text(deviceId),
                        "token",
                        new Value.Bytes(token)));
    }

    public static Value names(Collection<Carriage> carriages) {
        return new Value.Names(carriages.stream().map(Carriage::key).collect(Collectors.toSet()));
    }

    public static Message.Signal welcome(TunnelParameters tunnel) {
        return new Message.Signal(
                "welcome",
                Map.of(
                        "carriage",
                        new Value.Text(tunnel.carriage().key()),
                        "session",
                        number(tunnel.session()),
                        "mtu",
                        number(tunnel.mtu()),
                        "prefix-length",
                        number(tunnel.prefixLength()),
                        "device-address",
                        new Value.Address(tunnel.deviceAddress()),
                        "server-address",
                        new Value.Address(tunnel.serverAddress())));
    }

    public static Message.Signal reject(String reason, String text) {
        return new Message.Signal("reject", Map.of("reason", new Value.Text(reason), "text", new Value.Text(text)));
    }

    public static Message.Signal keepAlive(long nonce) {
        return new Message.Signal("keepalive", Map.of("nonce", number(nonce)));
    }

    public static Message.Signal keepAliveAck(long nonce) {
        return new Message.Signal("keepalive-ack", Map.of("nonce", number(nonce)));
    }

    public static Message.Signal bye(int reason) {
        return new Message.Signal("bye", Map.of("reason", number(reason)));
    }

    private static Value number(long number) {
        return new Value.Whole(number);
    }
}
