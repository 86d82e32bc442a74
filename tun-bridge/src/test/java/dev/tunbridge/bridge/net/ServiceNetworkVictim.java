package dev.tunbridge.bridge.net;

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
                        Optional.of(new ServiceAddressing.Answers(
                                List.of(), TunAddressing.RULE_PRIORITY, TunAddressing.Overlaps.REFUSE))));
        Victim.awaitEnd();
    }
}
