package dev.tunbridge.sim.bench.peer;

import java.io.IOException;
import java.util.List;

/**
 * What peers have in common that carry what comes to one port, and no packets: clients find the device's address at their own host, where
 * the peer listens, and services are bound to it on the device's.
 */
final class PortForward {
    /** Of the services, and where clients find them. */
    static final int SERVICE_PORT = 5000;

    /** Where the peer's end on the device's host listens, if it has one. */
    static final int RELAY_PORT = 5001;

    private PortForward() {}

    static void prepare(Site site, String congestionControl) throws IOException {
        site.deviceSide().setCongestionControl(congestionControl);
        site.serverSide().setCongestionControl(congestionControl);
        Site.runIp(site.deviceSide(), List.of(host(Site.INNER_DEVICE.getHostAddress())));
        Site.runIp(
                site.serverSide(),
                List.of(host(Site.INNER_DEVICE.getHostAddress()), host(Site.INNER_SERVER.getHostAddress())));
    }

    private static String host(String address) {
        return "address add " + address + "/32 dev lo";
    }

    /** Where clients connect. */
    static String clientsEnd() {
        return Site.INNER_DEVICE.getHostAddress() + ":" + SERVICE_PORT;
    }

    /** Where the device's end is called over the link. */
    static String relaysEnd() {
        return Site.OUTER_DEVICE.getHostAddress() + ":" + RELAY_PORT;
    }

    /** The service on the device's host, whose address is the same. */
    static String servicesEnd() {
        return clientsEnd();
    }
}
