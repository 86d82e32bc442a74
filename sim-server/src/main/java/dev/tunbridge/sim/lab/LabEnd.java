package dev.tunbridge.sim.lab;

import java.util.List;
import java.util.stream.Stream;

/**
 * Where a link ends: a device to be made in a namespace, and its addresses.
 *
 * @param addresses IPv4, IPv6 or both; each with the prefix that the other end shares
 */
public record LabEnd(LabNamespace namespace, String device, List<LabAddress> addresses) {

    public LabEnd {
        addresses = List.copyOf(addresses);
    }

    static LabEnd of(LabNamespace namespace, String device, String... addresses) {
        return new LabEnd(
                namespace, device, Stream.of(addresses).map(LabAddress::parse).toList());
    }
}
