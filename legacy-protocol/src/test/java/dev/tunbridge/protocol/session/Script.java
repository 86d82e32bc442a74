package dev.tunbridge.protocol.session;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.Signals;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.message.Value;
import java.util.Collection;
import java.util.Map;

/** The reference protocol's script, played by both ends. */
final class Script {
    static final Protocol REFERENCE = Protocol.builtin("reference");

    /** A world in which time stands still and all dice show one. */
    static final Surroundings STILL = new Surroundings() {
        @Override
        public long unixMillis() {
            return 1_700_000_000_000L;
        }

        @Override
        public byte[] randomBytes(int count) {
            byte[] bytes = new byte[count];
            java.util.Arrays.fill(bytes, (byte) 1);
            return bytes;
        }
    };

    private Script() {}

    static Session client(Collection<Carriage> offered) {
        return Session.client(
                REFERENCE.session(),
                REFERENCE.format(),
                Map.of(
                        "offer.version", new Value.Whole(1),
                        "offer.carriages", Signals.names(offered),
                        "identity.device-id", new Value.Text("device"),
                        "identity.token", new Value.Bytes(Octets.EMPTY)),
                STILL);
    }

    static Session server(Admission admission) {
        return Session.server(REFERENCE.session(), REFERENCE.format(), Map.of(), admission, STILL);
    }

    static Admission.Decision admit(TunnelParameters tunnel) {
        return new Admission.Decision.Admitted(tunnel);
    }
}
