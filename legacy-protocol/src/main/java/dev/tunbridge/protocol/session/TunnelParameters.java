package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Value;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a tunnel is addressed, whether the login said it or the configuration.
 *
 * @param session the server's number of it, for logs; 0 where there is none
 * @param mtu longest inner packet, in bytes
 * @param prefixLength of the network that both addresses are in
 */
public record TunnelParameters(
        Carriage carriage,
        long session,
        int mtu,
        int prefixLength,
        InetAddress deviceAddress,
        InetAddress serverAddress) {
    static final String CARRIAGE = "tunnel.carriage";
    static final String SESSION = "tunnel.session";
    static final String MTU = "tunnel.mtu";
    static final String PREFIX_LENGTH = "tunnel.prefix-length";
    static final String DEVICE_ADDRESS = "tunnel.device-address";
    static final String SERVER_ADDRESS = "tunnel.server-address";

    private static final int MOST_MTU = 65_535;

    public TunnelParameters {
        if (deviceAddress.getClass() != serverAddress.getClass()) {
            throw new IllegalArgumentException("addresses of two families: " + deviceAddress.getHostAddress() + " and "
                    + serverAddress.getHostAddress());
        }
        check(MTU, mtu, MOST_MTU);
        check(PREFIX_LENGTH, prefixLength, Byte.SIZE * deviceAddress.getAddress().length);
    }

    /** As variables of a session. */
    public Map<String, Value> toVariables() {
        return Map.of(
                CARRIAGE, new Value.Text(carriage.key()),
                SESSION, new Value.Whole(session),
                MTU, new Value.Whole(mtu),
                PREFIX_LENGTH, new Value.Whole(prefixLength),
                DEVICE_ADDRESS, new Value.Address(deviceAddress),
                SERVER_ADDRESS, new Value.Address(serverAddress));
    }

    /**
     * From variables of a session.
     *
     * @throws IllegalArgumentException naming what is missing or cannot be
     */
    static TunnelParameters of(Map<String, Value> variables) {
        Map<String, Value> given = new HashMap<>(variables);
        given.putIfAbsent(SESSION, new Value.Whole(0));
        String carriage = require(given, CARRIAGE, Value.Text.class).text();
        InetAddress device = require(given, DEVICE_ADDRESS, Value.Address.class).address();
        return new TunnelParameters(
                Carriage.of(carriage)
                        .orElseThrow(() -> new IllegalArgumentException(CARRIAGE + " is " + carriage + "; allowed "
                                + Arrays.stream(Carriage.values())
                                        .map(Carriage::key)
                                        .collect(Collectors.joining(", ")))),
                require(given, SESSION, Value.Whole.class).number(),
                number(given, MTU, MOST_MTU),
                number(given, PREFIX_LENGTH, Byte.SIZE * device.getAddress().length),
                device,
                require(given, SERVER_ADDRESS, Value.Address.class).address());
    }

    private static int number(Map<String, Value> given, String name, int most) {
        long number = require(given, name, Value.Whole.class).number();
        check(name, number, most);
        return (int) number;
    }

    private static void check(String name, long number, int most) {
        if (number < 0 || number > most) {
            throw new IllegalArgumentException(name + " is " + number + "; allowed 0 to " + most);
        }
    }

    private static String inWords(Class<? extends Value> kind) {
        if (kind == Value.Whole.class) {
            return "whole number";
        }
        return kind == Value.Address.class ? "IP address" : "text";
    }

    private static <V extends Value> V require(Map<String, Value> given, String name, Class<V> kind) {
        Value value = Optional.ofNullable(given.get(name))
                .orElseThrow(() -> new IllegalArgumentException(name + " is missing"))
                .as(kind);
        if (!kind.isInstance(value)) {
            throw new IllegalArgumentException(name + " is no " + inWords(kind));
        }
        return kind.cast(value);
    }
}
