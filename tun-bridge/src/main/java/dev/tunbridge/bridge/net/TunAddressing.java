package dev.tunbridge.bridge.net;

import java.net.InetAddress;
import java.util.List;

/**
 * What a TUN device is to be.
 *
 * @param device its name
 * @param address its own address
 * @param prefixLength of the network that is reached directly through it
 * @param mtu largest packet
 * @param txQueueLength packets that the driver holds
 * @param routes further networks reached through it, each {@code ADDRESS/LENGTH}
 * @param sourceRule whether answers from the address go back into the tunnel whatever their destination
 */
public record TunAddressing(
        String device,
        InetAddress address,
        int prefixLength,
        int mtu,
        int txQueueLength,
        List<String> routes,
        SourceRule sourceRule) {

    /** Whether there is a rule for the device's own address. */
    public enum SourceRule {
        /** Everything sent from the address goes into the tunnel. */
        PRESENT,
        /** Only the routes decide. */
        ABSENT
    }

    public TunAddressing {
        routes = List.copyOf(routes);
    }
}
