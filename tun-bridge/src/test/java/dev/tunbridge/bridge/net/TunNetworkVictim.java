package dev.tunbridge.bridge.net;

import dev.tunbridge.linux.TunInterface;
import dev.tunbridge.linux.TunKind;
import java.net.InetAddress;
import java.util.List;

/** A process that sets a TUN device up; a {@link Victim}. */
final class TunNetworkVictim {
    private TunNetworkVictim() {}

    public static void main(String[] arguments) throws Exception {
        TunInterface device = TunInterface.open(arguments[0], TunKind.TUN);
        TunNetwork.setUp(new TunAddressing(
                device.name(),
                InetAddress.getByName(arguments[1]),
                30,
                1400,
                500,
                List.of(),
                TunAddressing.SourceRule.PRESENT));
        Victim.awaitEnd();
    }
}
