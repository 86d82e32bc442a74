package dev.tunbridge.bridge.simulation;

import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.Admission;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.Surroundings;
import dev.tunbridge.protocol.session.TunnelParameters;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The session that the scenario's protocol describes, at both ends, which agree on the scenario's tunnel. */
final class SimulatedSession {
    private static final Value TOKEN = new Value.Bytes(Octets.of("secret".getBytes(StandardCharsets.US_ASCII)));

    private SimulatedSession() {}

    static Session client(Scenario scenario, Dice dice) {
        Map<String, Value> variables = new HashMap<>(
                tunnel(scenario, new InnerPackets(scenario.innerAddressBytes())).toVariables());
        // What the server says must not come from here.
        variables.keySet().removeAll(scenario.protocol().given());
        variables.put("offer.version", new Value.Whole(1));
        variables.put(
                "offer.carriages", new Value.Names(Set.of(scenario.carriage().key())));
        variables.put("identity.device-id", new Value.Text("device"));
        variables.put("identity.token", TOKEN);
        return Session.client(scenario.protocol().session(), scenario.format(), variables, new DrawnSurroundings(dice));
    }

    static Session server(Scenario scenario, InnerPackets packets, Dice dice) {
        return Session.server(
                scenario.protocol().session(),
                scenario.format(),
                Map.of("identity.token", TOKEN),
                said -> new Admission.Decision.Admitted(tunnel(scenario, packets)),
                new DrawnSurroundings(dice));
    }

    private static TunnelParameters tunnel(Scenario scenario, InnerPackets packets) {
        return new TunnelParameters(scenario.carriage(), 7, 1_400, 24, packets.device(), packets.tunnelServer());
    }

    /** The seed decides what is random. */
    private record DrawnSurroundings(Dice dice) implements Surroundings {
        @Override
        public long unixMillis() {
            return 1_700_000_000_000L;
        }

        @Override
        public byte[] randomBytes(int count) {
            byte[] bytes = new byte[count];
            dice.fill(bytes, 0, count);
            return bytes;
        }
    }
}
