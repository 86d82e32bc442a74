package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkChange;
import dev.tunbridge.linux.netlink.NetworkChange.Kind;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.net.InetAddress;
import java.util.Collection;

/**
 * What a change of the host's network may mean for one tunnel. It is a reason to look, and no more: what counts is what the
 * kernel says then. Immutable.
 */
public final class Concerns {

    /** What is to be looked at. */
    public enum Concern {
        NOTHING,
        /** Something of the tunnel's own may be gone from its device. */
        DEVICE,
        /** The way to the server may be another. */
        WAY,
        /** The same, but only if the way leads through this device of another tunnel. */
        WAY_THROUGH_TUNNEL,
        BOTH
    }

    /** Hears of each change and what it may mean. */
    @FunctionalInterface
    public interface Listener {
        void onChange(NetworkChange change, Concern concern);
    }

    private final int deviceIndex;

    /** @param deviceIndex of the tunnel's device */
    public Concerns(int deviceIndex) {
        this.deviceIndex = deviceIndex;
    }

    /** What this change is a reason for. */
    public Concern of(NetworkChange change) {
        if (change instanceof NetworkChange.LinkChange link) {
            return link.link().index() == deviceIndex ? Concern.DEVICE : Concern.WAY;
        }
        if (change instanceof NetworkChange.AddressChange address) {
            if (address.address().interfaceIndex() == deviceIndex) {
                return address.kind() == Kind.GONE ? Concern.DEVICE : Concern.NOTHING;
            }
            return Concern.WAY;
        }
        if (change instanceof NetworkChange.RouteChange route) {
            return ofRoute(route.kind(), route.route());
        }
        if (change instanceof NetworkChange.RuleChange rule) {
            return ofRule(rule.kind(), rule.rule());
        }
        return Concern.BOTH;
    }

    private Concern ofRoute(Kind kind, KernelRoute route) {
        if (route.key().table() == KernelRoute.TABLE_LOCAL || !Identity.isOurs(route)) {
            boolean isOfDevice = route.leadsThrough(deviceIndex);
            return isOfDevice || route.key().table() == KernelRoute.TABLE_LOCAL ? Concern.NOTHING : Concern.WAY;
        }
        if (kind == Kind.THERE) {
            return Concern.NOTHING;
        }
        if (route.leadsThrough(deviceIndex)) {
            return Concern.DEVICE;
        }
        return route.key().priority() == Identity.serverMetric(deviceIndex) ? Concern.WAY : Concern.NOTHING;
    }

    /** Whether what is sent to one of the servers may take this route; of servers that are not known, the default routes. */
    public static boolean mayLead(KernelRoute route, Collection<InetAddress> servers) {
        Prefix network = HostNetwork.network(route);
        return servers.isEmpty() ? route.isDefault() : servers.stream().anyMatch(network::contains);
    }

    private Concern ofRule(Kind kind, PolicyRule rule) {
        if (!Identity.isOurs(rule)) {
            return kind == Kind.THERE ? Concern.BOTH : Concern.WAY; // it may come before one of ours
        }
        return kind == Kind.GONE && Identity.isTableOf(deviceIndex, rule.table()) ? Concern.DEVICE : Concern.NOTHING;
    }
}
