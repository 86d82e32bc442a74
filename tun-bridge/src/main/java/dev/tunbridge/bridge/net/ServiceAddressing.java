package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.AddressFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What the host is to have for virtual sockets whose services see the device's address or the client's.
 *
 * @param address the device's
 * @param overlaps what to do where the host has another way to it, or to clients
 * @param answers whether there is a way back to clients' addresses
 */
public record ServiceAddressing(InetAddress address, TunAddressing.Overlaps overlaps, Optional<Answers> answers) {

    /**
     * The way back from services to sockets that bear clients' addresses.
     *
     * @param clients whose datagrams a service may answer from no address of its own
     * @param rulePriority of the rules
     */
    public record Answers(List<Prefix> clients, int rulePriority) {
        public Answers {
            clients = List.copyOf(clients);
        }
    }

    AddressFamily family() {
        return AddressFamily.of(address);
    }
}
