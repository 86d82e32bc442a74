package dev.tunbridge.bridge;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of a host name. Called on a thread of the bridge's own, which it may block. */
@FunctionalInterface
public interface NameResolver {

    /** The system's: {@code /etc/hosts}, DNS, and whatever else it is told to ask. */
    NameResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * All addresses, those of a family in order of preference.
     *
     * @param host a name, or a literal address
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
