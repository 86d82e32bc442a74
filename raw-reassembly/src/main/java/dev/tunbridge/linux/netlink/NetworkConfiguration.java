package dev.tunbridge.linux.netlink;

import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Links, addresses, routes and rules of the network namespace in which it was opened: asked for, added and removed, each one
 * by itself. Asking needs no privilege, changing CAP_NET_ADMIN. It may be used from any thread, one at a time. A change
 * takes some 10 µs, or as long as somebody else holds the lock of the kernel's network configuration.
 *
 * <p>What is added is refused with EEXIST where something with the same key is there; nothing is ever put in another's
 * place, but by {@link #replace}, whose caller knows that it is its own.
 */
public final class NetworkConfiguration implements AutoCloseable {
    private static final int ANY_TABLE = 0;

    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");

    private static final AtomicLong NUMBER = new AtomicLong();

    private final RouteNetlink netlink;

    private final String namespace;

    private NetworkConfiguration(RouteNetlink netlink, String namespace) {
        this.netlink = netlink;
        this.namespace = namespace;
    }

    /** Of the network namespace of the calling thread. */
    public static NetworkConfiguration open() throws LinuxException {
        RouteNetlink netlink = RouteNetlink.open();
        try {
            return new NetworkConfiguration(
                    netlink, Files.readSymbolicLink(NAMESPACE).toString());
        } catch (IOException e) { // no /proc here: one of its own
            return new NetworkConfiguration(netlink, "unknown " + NUMBER.incrementAndGet());
        }
    }

    /** The same for two of the same network namespace, while it is there. */
    public String namespace() {
        return namespace;
    }

    // Links

    public List<Link> links() throws LinuxException {
        return netlink.list(LinkMessage.list(), "netlink RTM_GETLINK", LinkMessage::read);
    }

    /** ENODEV where there is none of that name. */
    public Link link(String name) throws LinuxException {
        return only(LinkMessage.byName(name), name, LinkMessage::read);
    }

    /** ENODEV where there is none of that number. */
    public Link link(int index) throws LinuxException {
        return only(LinkMessage.byIndex(index), "interface " + index, LinkMessage::read);
    }

    /** What the interface has counted so far; ENODEV where there is none of that name. */
    public InterfaceCounters counters(String name) throws LinuxException {
        return only(LinkMessage.byName(name), name, LinkMessage::counters);
    }

    private <T> T only(NetlinkRequest request, String subject, Function<ByteBuffer, Optional<T>> reader)
            throws LinuxException {
        List<T> found = new ArrayList<>(1);
        netlink.dump(
                request,
                "netlink RTM_GETLINK",
                subject,
                body -> reader.apply(body).ifPresent(found::add));
        if (found.isEmpty()) {
            throw new LinuxException("netlink RTM_GETLINK", subject, Errno.ENODEV);
        }
        return found.get(0);
    }

    public void change(Link link, LinkSettings settings) throws LinuxException {
        if (!settings.equals(LinkSettings.NONE)) {
            netlink.execute(
                    LinkMessage.change(link.index(), settings), "netlink RTM_NEWLINK", link.name() + " " + settings);
        }
    }

    public void bringUp(Link link) throws LinuxException {
        netlink.execute(LinkMessage.up(link.index()), "netlink RTM_NEWLINK up", link.name());
    }

    /** Its routes vanish by that, and its IPv6 addresses. */
    public void bringDown(Link link) throws LinuxException {
        netlink.execute(LinkMessage.down(link.index()), "netlink RTM_NEWLINK down", link.name());
    }

    // Addresses

    public List<InterfaceAddress> addresses() throws LinuxException {
        return netlink.list(AddressMessage.list(), "netlink RTM_GETADDR", AddressMessage::read);
    }

    public void add(InterfaceAddress address) throws LinuxException {
        netlink.execute(AddressMessage.add(address), "netlink RTM_NEWADDR", address.toString());
    }

    /** EADDRNOTAVAIL where it is gone. */
    public void remove(InterfaceAddress address) throws LinuxException {
        netlink.execute(AddressMessage.remove(address), "netlink RTM_DELADDR", address.toString());
    }

    // Routes

    /** Those of all tables. Nothing where the kernel does not have the family. */
    public List<KernelRoute> routes(AddressFamily family) throws LinuxException {
        return routes(family, ANY_TABLE);
    }

    /** Those of one table, which need not exist. */
    public List<KernelRoute> routes(AddressFamily family, int table) throws LinuxException {
        try {
            return netlink.list(
                    RouteMessage.list(family, table),
                    "netlink RTM_GETROUTE",
                    body -> RouteMessage.read(body)
                            .filter(route -> route.family() == family)
                            .filter(route -> table == ANY_TABLE || route.key().table() == table));
        } catch (LinuxException e) {
            if (table != ANY_TABLE && e.errno().equals(Errno.ENOENT)) {
                return List.of();
            }
            throw e;
        }
    }

    /**
     * Those of all tables that lead through this interface and were made by this maker. The kernel looks for them (5.0), so a host with
     * many routes costs little more than one with few; an older one sends them all.
     *
     * @param protocol RTPROT_…
     */
    public List<KernelRoute> routes(AddressFamily family, int interfaceIndex, int protocol) throws LinuxException {
        return netlink.list(
                RouteMessage.listOf(family, interfaceIndex, protocol),
                "netlink RTM_GETROUTE",
                body -> RouteMessage.read(body)
                        .filter(route -> route.family() == family)
                        .filter(route -> route.key().protocol() == protocol && route.leadsThrough(interfaceIndex)));
    }

    /**
     * The entry of the tables that the kernel would take to this address from no address yet; nothing where there is no way.
     *
     * @param protocol IPPROTO_TCP, IPPROTO_UDP or IPPROTO_ICMP(V6), which rules may ask for
     */
    public Optional<KernelRoute> match(InetAddress destination, int protocol) throws LinuxException {
        List<KernelRoute> found = new ArrayList<>(1);
        try {
            netlink.dump(
                    RouteMessage.match(destination, protocol),
                    "netlink RTM_GETROUTE",
                    destination.getHostAddress(),
                    body -> RouteMessage.read(body).ifPresent(found::add));
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENETUNREACH)
                    || e.errno().equals(Errno.EHOSTUNREACH)
                    || e.errno().equals(Errno.EACCES)
                    || e.errno().equals(Errno.EINVAL)) { // unreachable, prohibit and blackhole routes
                return Optional.empty();
            }
            throw e;
        }
        return found.stream().findFirst();
    }

    /** EEXIST where the table has a route to the same network with the same priority. */
    public void add(KernelRoute route) throws LinuxException {
        netlink.execute(RouteMessage.add(route), "netlink RTM_NEWROUTE", route.toString());
    }

    /** Puts this in the place of the route to the same network with the same priority; ENOENT where there is none. */
    public void replace(KernelRoute route) throws LinuxException {
        netlink.execute(RouteMessage.replace(route), "netlink RTM_NEWROUTE replace", route.toString());
    }

    /**
     * ESRCH or ENOENT where it is gone. In IPv4 priority 0 says any to the kernel, which then takes the next one of the same maker
     * and interface; so that this one is there is looked up first.
     */
    public void remove(KernelRoute route) throws LinuxException {
        if (route.family() == AddressFamily.IPV4 && route.key().priority() == 0 && !isThere(route)) {
            throw new LinuxException("netlink RTM_DELROUTE", route.toString(), Errno.ESRCH);
        }
        netlink.execute(RouteMessage.remove(route), "netlink RTM_DELROUTE", route.toString());
    }

    private boolean isThere(KernelRoute route) throws LinuxException {
        try {
            return !netlink.list(
                            RouteMessage.listLike(route),
                            "netlink RTM_GETROUTE",
                            body -> RouteMessage.read(body).filter(route::isSameEntry))
                    .isEmpty();
        } catch (LinuxException e) {
            if (e.errno().equals(Errno.ENOENT)) { // no such table
                return false;
            }
            throw e;
        }
    }

    // Rules

    /** EOPNOTSUPP where this kernel has no rules (CONFIG_IP_MULTIPLE_TABLES), or not for this family. */
    public List<PolicyRule> rules(AddressFamily family) throws LinuxException {
        return netlink.list(
                RuleMessage.list(family),
                "netlink RTM_GETRULE",
                body -> RuleMessage.read(body).filter(rule -> rule.family() == family));
    }

    /** EEXIST where there is the same, and, as the kernel sees it, also where one of the same priority asks for more. */
    public void add(PolicyRule rule) throws LinuxException {
        netlink.execute(RuleMessage.add(rule), "netlink RTM_NEWRULE", rule.toString());
    }

    /**
     * ENOENT where it is gone. The kernel removes the first that has what this one names, so where that would be another,
     * nothing is removed: EBUSY.
     */
    public void remove(PolicyRule rule) throws LinuxException {
        List<PolicyRule> rules = rules(rule.family());
        // The kernel's own rules have a maker since there are makers (4.17).
        boolean hasMakers = rules.stream().anyMatch(there -> there.protocol() != 0);
        PolicyRule wanted = hasMakers ? rule : rule.by(0);
        PolicyRule first = rules.stream()
                .filter(wanted::alsoNames)
                .findFirst()
                .orElseThrow(() -> new LinuxException("netlink RTM_DELRULE", rule.toString(), Errno.ENOENT));
        if (!wanted.isSameRule(first)) {
            boolean isThere = rules.stream().anyMatch(wanted::isSameRule);
            throw isThere
                    ? new LinuxException(
                            "netlink RTM_DELRULE",
                            rule.toString(),
                            Errno.EBUSY,
                            "the kernel would remove " + first + " in its place")
                    : new LinuxException("netlink RTM_DELRULE", rule.toString(), Errno.ENOENT);
        }
        netlink.execute(RuleMessage.remove(rule), "netlink RTM_DELRULE", rule.toString());
    }

    @Override
    public void close() {
        netlink.close();
    }
}
