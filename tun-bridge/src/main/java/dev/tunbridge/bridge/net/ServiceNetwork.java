package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.KernelRelease;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.NamespaceLock;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.PolicyRule;
import dev.tunbridge.reassembly.wire.IpView;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's address without a device, and the way back from services to virtual sockets that bear their clients' addresses. What is there
 * stays, what is missing is added, {@link #close} takes back what was added. Each call takes a millisecond or so, and changes the network
 * namespace of the calling thread. One thread at a time.
 *
 * <pre>
 *   198.19.0.1/32 on lo
 *   from 198.19.0.1 iif lo lookup T      what a service answers a client goes to this host itself, and so to the client's socket
 *   from 127.0.0.0/8 iif lo lookup T     the same for a service of the loopback, from where nothing else can be sent to others
 *   from 0.0.0.0 to CLIENTS iif lo ipproto udp lookup T     the same for a datagram that has no source yet, and gets the device's address
 *   local default dev lo src 198.19.0.1  in T
 * </pre>
 *
 * <p>All of it outlives a killed process. While a process lives it holds a lock with the address's name, so what nobody holds the lock of is
 * left over, and the next that starts takes it over or away.
 */
public final class ServiceNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceNetwork.class);

    /** LOOPBACK_IFINDEX (include/net/flow.h): in each namespace. */
    public static final int LOOPBACK_INDEX = 1;

    private static final List<Prefix> LOOPBACKS = List.of(Prefix.parse("127.0.0.0/8"), Prefix.parse("::1/128"));

    /** Asked to remove a rule, the kernel takes the first that has all it names, which one that says more may be too. */
    private static final Comparator<PolicyRule> NARROWER_FIRST = Comparator.comparing(
            rule -> rule.destination().isEmpty() && rule.others().isEmpty());

    /** More than a tunnel's network has of the host's own: its address, and perhaps its neighbour's. */
    private static final int HOSTS_TRIED = 4;

    private final boolean areMakersTold;

    private @Nullable ServiceAddressing current;
    private @Nullable NamespaceLock lock;
    private Optional<InterfaceAddress> address = Optional.empty();
    private List<KernelRoute> routes = List.of();
    private List<PolicyRule> rules = List.of();
    private String warned = "";

    public ServiceNetwork() {
        this(KernelRelease.current().isAtLeast(5, 18));
    }

    /** @param areMakersTold whether this kernel tells who has made an address (IFA_PROTO) */
    ServiceNetwork(boolean areMakersTold) {
        this.areMakersTold = areMakersTold;
    }

    /**
     * Has the host what is wanted; on failure nothing of ours stays.
     *
     * @throws OverlapException before anything is set
     */
    public void apply(ServiceAddressing wanted) throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            ServiceAddressing before = current;
            if (before != null && !before.equals(wanted)) {
                takeBack(configuration);
            }
            current = wanted;
            try {
                apply(configuration, wanted);
            } catch (IOException e) {
                try {
                    takeBack(configuration);
                } catch (IOException notTakenBack) {
                    e.addSuppressed(notTakenBack);
                }
                throw e;
            }
        }
    }

    private void apply(NetworkConfiguration configuration, ServiceAddressing wanted) throws IOException {
        Map<AddressFamily, HostNetwork> both = HostNetwork.readBoth(configuration);
        Optional<ServiceAddressing.Answers> answers = wanted.answers();
        if (answers.isEmpty() && !others(wanted, both).isEmpty()) {
            refuseOverlaps(wanted, both);
            return; // all that is needed is there, and another's
        }
        hold(wanted.address());
        both = HostNetwork.readBoth(configuration); // whoever held it before may have taken back what was there
        for (HostNetwork one : both.values()) {
            removeLeftovers(configuration, one);
        }
        refuseOverlaps(wanted, both);
        HostNetwork host = host(wanted, both);
        applyAddress(configuration, wanted.address(), host);
        if (answers.isPresent()) {
            applyAnswers(configuration, wanted, answers.get(), host);
            warnOfOtherWays(configuration, wanted);
        }
    }

    private static HostNetwork host(ServiceAddressing wanted, Map<AddressFamily, HostNetwork> both) {
        return Objects.requireNonNull(both.get(wanted.family()), "readBoth has both");
    }

    private void hold(InetAddress own) throws IOException {
        if (lock == null) {
            lock = NamespaceLock.tryHold(lockName(own))
                    .orElseThrow(() -> new HostConflictException(own.getHostAddress()
                            + " is served by another tunnel of this host: one of them needs another address of the device, or"
                            + " relay.source=loopback or proxy-v2"));
        }
    }

    private static String lockName(InetAddress address) {
        return "tunbridge/" + address.getHostAddress();
    }

    /** Where others have given this host the address, another tunnel of ours too. */
    private List<InterfaceAddress> others(ServiceAddressing wanted, Map<AddressFamily, HostNetwork> both) {
        return host(wanted, both).addresses().stream()
                .filter(found -> found.address().equals(wanted.address()) && !isOfServices(found))
                .toList();
    }

    /** Where the kernel does not tell who has made it, one that is made as ours are is taken for ours. */
    private boolean isOfServices(InterfaceAddress found) {
        InterfaceAddress ours = InterfaceAddress.alone(LOOPBACK_INDEX, found.address(), Identity.PROTOCOL);
        return areMakersTold
                ? found.interfaceIndex() == LOOPBACK_INDEX && found.protocol() == Identity.PROTOCOL
                : found.isMadeLike(ours);
    }

    private void refuseOverlaps(ServiceAddressing wanted, Map<AddressFamily, HostNetwork> both)
            throws OverlapException {
        HostNetwork host = host(wanted, both);
        Prefix own = Prefix.of(wanted.address(), host.family().bits());
        List<Overlap> overlaps = new ArrayList<>();
        for (InterfaceAddress found : others(wanted, both)) {
            overlaps.add(new Overlap(
                    own,
                    "the address of " + host.nameOf(found.interfaceIndex()) + ", by which others may know this host",
                    false));
        }
        Stream<Prefix> clients = wanted.answers().stream().flatMap(answers -> answers.clients().stream());
        Stream.concat(overlaps.isEmpty() ? Stream.of(own) : Stream.empty(), clients)
                .forEach(network -> host.routes().stream()
                        .filter(route -> Overlap.isNeighbours(route, network))
                        .forEach(route -> overlaps.add(new Overlap(network, "the route " + host.text(route), false))));
        if (overlaps.isEmpty()) {
            return;
        }
        if (wanted.overlaps() == TunAddressing.Overlaps.REFUSE) {
            throw new OverlapException(overlaps);
        }
        overlaps.forEach(overlap -> LOG.warn("{}", overlap));
    }

    private void applyAddress(NetworkConfiguration configuration, InetAddress own, HostNetwork host)
            throws LinuxException {
        InterfaceAddress wanted = InterfaceAddress.alone(LOOPBACK_INDEX, own, Identity.PROTOCOL);
        Optional<InterfaceAddress> there = host.addresses().stream()
                .filter(found -> found.interfaceIndex() == LOOPBACK_INDEX
                        && found.address().equals(own))
                .findFirst();
        if (there.isEmpty()) {
            configuration.add(wanted);
            address = Optional.of(wanted);
        } else if (isOfServices(there.get())) {
            address = Optional.of(wanted); // an earlier process's
        }
    }

    private void applyAnswers(
            NetworkConfiguration configuration,
            ServiceAddressing wanted,
            ServiceAddressing.Answers answers,
            HostNetwork host)
            throws IOException {
        if (host.rules().isEmpty()) {
            throw new IOException(
                    "this kernel has no policy rules (CONFIG_IP_MULTIPLE_TABLES), which bring answers back to clients'"
                            + " addresses: allowed relay.source=loopback, device, proxy-v2");
        }
        if (!KernelRelease.current().isAtLeast(4, 17)) {
            throw new IOException("relay.source=client takes Linux 4.17, whose rules ask for ipproto, and this is "
                    + KernelRelease.current() + "; allowed loopback, device, proxy-v2");
        }
        int table = table(wanted.address(), host);
        KernelRoute route = KernelRoute.toThisHost(
                wanted.address(),
                new KernelRoute.Key(table, Identity.ROUTE_METRIC, Identity.PROTOCOL, 0),
                LOOPBACK_INDEX);
        if (host.routes().stream().noneMatch(route::isSameEntry)) {
            configuration.add(route);
        }
        routes = List.of(route);
        List<PolicyRule> next = new ArrayList<>();
        rules = next;
        for (PolicyRule rule : rules(wanted, answers, table)) {
            if (host.rules().get().stream().noneMatch(rule::isSameRule)) {
                configuration.add(rule);
            }
            next.add(rule);
        }
        for (PolicyRule left : host.rules().get()) { // of a process before this one, with other clients
            if (Identity.isOurs(left) && left.table() == table && next.stream().noneMatch(left::isSameRule)) {
                Leftovers.remove(() -> configuration.remove(left));
            }
        }
    }

    private static List<PolicyRule> rules(ServiceAddressing wanted, ServiceAddressing.Answers answers, int table) {
        int priority = answers.rulePriority();
        Stream<PolicyRule> bySource = Stream.concat(
                        Stream.of(Prefix.of(wanted.address(), wanted.family().bits())), LOOPBACKS.stream())
                .filter(network -> isOfFamily(network, wanted))
                .map(network -> PolicyRule.ofThisHost(network(network), table, priority, Identity.PROTOCOL));
        Stream<PolicyRule> byDestination = answers.clients().stream()
                .filter(network -> isOfFamily(network, wanted))
                .map(network -> PolicyRule.ofSourcelessDatagrams(
                        wanted.address(), network(network), table, priority, Identity.PROTOCOL));
        return Stream.concat(bySource, byDestination).toList();
    }

    /** A rule of somebody else may come first, and of IPv6 the kernel may find another source among the addresses of lo: it is said once. */
    private void warnOfOtherWays(NetworkConfiguration configuration, ServiceAddressing wanted) throws LinuxException {
        List<Prefix> astray = new ArrayList<>();
        for (Prefix clients :
                wanted.answers().map(ServiceAddressing.Answers::clients).orElse(List.of())) {
            if (isOfFamily(clients, wanted) && !comesBack(configuration, clients)) {
                astray.add(clients);
            }
        }
        String warning = astray.isEmpty()
                ? ""
                : "what UDP services that are bound to no address answer clients of " + astray
                        + " goes astray, by a rule that comes first or with another source than "
                        + wanted.address().getHostAddress() + ": bind them to that address";
        if (!warning.isEmpty() && !warning.equals(warned)) {
            LOG.warn("{}", warning);
        }
        warned = warning;
    }

    /** Whether a datagram without a source to a client of this network finds our table. */
    private boolean comesBack(NetworkConfiguration configuration, Prefix clients) throws LinuxException {
        for (InetAddress client : clients.firstHosts(HOSTS_TRIED)) {
            Optional<KernelRoute> way = configuration.match(client, IpView.PROTOCOL_UDP);
            if (way.filter(route -> route.key().table() == KernelRoute.TABLE_LOCAL)
                    .isEmpty()) { // else it is the host's own
                return way.filter(found -> routes.stream()
                                .anyMatch(route ->
                                        route.key().table() == found.key().table()))
                        .isPresent();
            }
        }
        return true;
    }

    private static boolean isOfFamily(Prefix network, ServiceAddressing wanted) {
        return network.address().getAddress().length == wanted.family().bytes();
    }

    private static PolicyRule.Network network(Prefix prefix) {
        return new PolicyRule.Network(prefix.address(), prefix.length());
    }

    /** One that has this address's route already, or else one that nobody uses. */
    private static int table(InetAddress own, HostNetwork host) throws IOException {
        int[] tables = Identity.tables(LOOPBACK_INDEX);
        for (int table : tables) {
            boolean isOwn = host.routes().stream()
                    .filter(route -> route.key().table() == table)
                    .allMatch(route ->
                            Identity.isOurs(route) && route.preferredSource().equals(Optional.of(own)));
            boolean isOthers = host.rules().orElse(List.of()).stream()
                    .anyMatch(rule -> rule.table() == table && !Identity.isOurs(rule));
            if (isOwn && !isOthers) {
                return table;
            }
        }
        throw new HostConflictException("no free routing table: " + Integer.toUnsignedString(tables[0]) + " and "
                + (tables.length - 1) + " more are used by others; so many tunnels of a host can have"
                + " relay.source=client");
    }

    /** What processes have left that were killed: an address, a route or a rule tells whose it was. */
    private void removeLeftovers(NetworkConfiguration configuration, HostNetwork host) throws IOException {
        ServiceAddressing wanted = current;
        Set<InetAddress> served = Stream.of(
                        host.routes().stream()
                                .filter(ServiceNetwork::isOfServices)
                                .flatMap(route -> route.preferredSource().stream()),
                        rules(host).filter(ServiceNetwork::isOfServices).flatMap(rule -> served(rule).stream()),
                        host.addresses().stream()
                                .filter(found -> areMakersTold && isOfServices(found))
                                .map(InterfaceAddress::address))
                .flatMap(found -> found)
                .collect(Collectors.toSet());
        for (InetAddress own : served) {
            if (wanted != null && own.equals(wanted.address())) {
                if (wanted.answers().isEmpty()) {
                    removeAnswers(configuration, own, host);
                } // else it is taken over
                continue;
            }
            Optional<NamespaceLock> free = NamespaceLock.tryHold(lockName(own));
            if (free.isPresent()) {
                LOG.info("removing what an earlier process had for {}", own.getHostAddress());
                try {
                    removeAllOf(configuration, own, host);
                } finally {
                    free.get().close();
                }
            }
        }
    }

    private void removeAllOf(NetworkConfiguration configuration, InetAddress own, HostNetwork host)
            throws LinuxException {
        removeAnswers(configuration, own, host);
        for (InterfaceAddress left : host.addresses()) {
            if (isOfServices(left) && left.address().equals(own)) {
                Leftovers.removeAddress(configuration, left);
            }
        }
    }

    private static void removeAnswers(NetworkConfiguration configuration, InetAddress own, HostNetwork host)
            throws LinuxException {
        List<KernelRoute> routesOfIt = host.routes().stream()
                .filter(route -> isOfServices(route) && route.preferredSource().equals(Optional.of(own)))
                .toList();
        Set<Integer> tables = Stream.concat(
                        routesOfIt.stream().map(route -> route.key().table()),
                        rules(host)
                                .filter(rule ->
                                        isOfServices(rule) && served(rule).equals(Optional.of(own)))
                                .map(PolicyRule::table))
                .collect(Collectors.toSet());
        List<PolicyRule> rulesOfIt = rules(host)
                .filter(rule -> isOfServices(rule) && tables.contains(rule.table()))
                .sorted(NARROWER_FIRST)
                .toList();
        for (PolicyRule rule : rulesOfIt) {
            Leftovers.remove(() -> configuration.remove(rule));
        }
        for (KernelRoute route : routesOfIt) {
            Leftovers.remove(() -> configuration.remove(route));
        }
    }

    private static Stream<PolicyRule> rules(HostNetwork host) {
        return host.rules().orElse(List.of()).stream();
    }

    /** The device's address that a rule of ours is for, of one that says it. */
    private static Optional<InetAddress> served(PolicyRule rule) {
        return rule.source()
                .filter(network -> network.prefixLength() == rule.family().bits())
                .map(PolicyRule.Network::address)
                .filter(address -> !address.isAnyLocalAddress() && !address.isLoopbackAddress());
    }

    private static boolean isOfServices(PolicyRule rule) {
        return Identity.isOurs(rule) && Identity.isTableOf(LOOPBACK_INDEX, rule.table());
    }

    private static boolean isOfServices(KernelRoute route) {
        return Identity.isOurs(route)
                && route.leadsThrough(LOOPBACK_INDEX)
                && Identity.isTableOf(LOOPBACK_INDEX, route.key().table());
    }

    /** Whether everything is still there: others may have taken it away. */
    public TunNetwork.Condition condition() throws IOException {
        ServiceAddressing wanted = current;
        if (wanted == null) {
            return TunNetwork.Condition.WHOLE;
        }
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            HostNetwork host = HostNetwork.read(configuration, wanted.family());
            boolean hasAddress =
                    host.addresses().stream().anyMatch(found -> found.address().equals(wanted.address()));
            boolean hasRoutes =
                    routes.stream().allMatch(route -> host.routes().stream().anyMatch(route::isSameEntry));
            List<PolicyRule> found = host.rules().orElse(List.of());
            boolean hasRules = rules.stream().allMatch(rule -> found.stream().anyMatch(rule::isSameRule));
            if (!hasAddress || !hasRoutes || !hasRules) {
                return TunNetwork.Condition.INCOMPLETE;
            }
            warnOfOtherWays(configuration, wanted);
            return TunNetwork.Condition.WHOLE;
        }
    }

    /** Takes back what was added; what is gone already is no fault. Does no harm twice. */
    @Override
    public void close() throws IOException {
        if (current != null) {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                takeBack(configuration);
            }
        }
    }

    private void takeBack(NetworkConfiguration configuration) throws IOException {
        List<Leftovers.Removal> removals = new ArrayList<>();
        rules.stream().sorted(NARROWER_FIRST).forEach(rule -> removals.add(() -> configuration.remove(rule)));
        routes.forEach(route -> removals.add(() -> configuration.remove(route)));
        address.ifPresent(own -> removals.add(() -> Leftovers.removeAddress(configuration, own)));
        rules = List.of();
        routes = List.of();
        address = Optional.empty();
        current = null;
        try {
            Leftovers.removeAll(removals);
        } finally {
            NamespaceLock held = lock;
            lock = null;
            if (held != null) {
                held.close();
            }
        }
    }
}
