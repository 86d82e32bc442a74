package dev.tunbridge.bridge.server;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;

/** In which order the addresses of a name are tried (RFC 8305 section 4): families take turns, IPv6 first. */
final class AddressOrder {
    private AddressOrder() {}

    /**
     * What is better goes first, each part with its families in turns; within a family the resolver's order stays, which
     * is that of RFC 6724.
     *
     * @param doubtful those that took a connection of late and then did not welcome it
     */
    static List<InetAddress> of(Collection<InetAddress> resolved, Collection<InetAddress> doubtful) {
        Collection<InetAddress> distinct = new LinkedHashSet<>(resolved);
        List<InetAddress> order = new ArrayList<>(turns(
                distinct.stream().filter(address -> !doubtful.contains(address)).toList()));
        order.addAll(turns(distinct.stream().filter(doubtful::contains).toList()));
        return order;
    }

    private static List<InetAddress> turns(List<InetAddress> addresses) {
        Deque<InetAddress> sixes = new ArrayDeque<>();
        Deque<InetAddress> fours = new ArrayDeque<>();
        addresses.forEach(address -> (address instanceof Inet6Address ? sixes : fours).add(address));
        List<InetAddress> order = new ArrayList<>();
        while (!sixes.isEmpty() || !fours.isEmpty()) {
            if (!sixes.isEmpty()) {
                order.add(sixes.remove());
            }
            if (!fours.isEmpty()) {
                order.add(fours.remove());
            }
        }
        return order;
    }
}
