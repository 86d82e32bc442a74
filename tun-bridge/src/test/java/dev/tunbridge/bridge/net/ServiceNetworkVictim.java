package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** A process that has the host bring answers back to clients' addresses; a {@link Victim}. */
final class ServiceNetworkVictim {
    private ServiceNetworkVictim() {}

    public static void main(String[] arguments) throws Exception {
        new ServiceNetwork()
                .apply(new ServiceAddressing(
                        InetAddress.getByName(arguments[0]),
                        TunAddressing.Overlaps.REFUSE,
                        Optional.of(new ServiceAddressing.Answers(
                                List.of(Prefix.parse("198.18.9.0/24")), TunAddressing.RULE_PRIORITY))));
        Victim.awaitEnd();
    }
}
