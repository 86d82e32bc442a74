package dev.tunbridge.bridge.net;

import dev.tunbridge.bridge.filter.Prefix;
import dev.tunbridge.linux.Errno;
import dev.tunbridge.linux.LinuxException;
import dev.tunbridge.linux.netlink.AddressFamily;
import dev.tunbridge.linux.netlink.InterfaceAddress;
import dev.tunbridge.linux.netlink.KernelRoute;
import dev.tunbridge.linux.netlink.Link;
import dev.tunbridge.linux.netlink.NetworkConfiguration;
import dev.tunbridge.linux.netlink.PolicyRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Address, MTU, routes and source rule of one TUN device. {@link #apply} brings the host there from whatever it finds: what is
 * there stays, what is missing is added, what is no longer wanted goes; {@link #close} takes back what was added. What is not ours
 * ({@link Identity}) is neither replaced nor removed. Each call takes a millisecond or so, and changes the network
 * namespace of the calling thread. One thread at a time.
 *
 * <pre>
 *   198.19.0.1/32 on the device            an address alone: the kernel makes no route for it that could be another's
 *   198.19.0.0/30, and each of `routes`    in the main table, with a metric that nobody else has for that network
 *   from 198.19.0.1 lookup T, default in T answers go back into the tunnel, whoever asked
 * </pre>
 *
 * <p>The device exists already; its address and routes vanish with it, the rule does not, and is found at the next start ({@link
 * Leftovers}).
 */
public final class TunNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TunNetwork.class);

    private static final AtomicBoolean SAID_NO_RULES = new AtomicBoolean();

    private final String device;
    private final Reader reader;
    private final DeviceSettings settings;
    /** A host may make rules for ever that come before ours. */
    private static final int MOST_SAID = 256;

    private final Set<String> said = new HashSet<>();

    /** Of the device, once it was seen; 0 before. */
    private int index;

    private @Nullable AddressFamily family;
    private @Nullable InterfaceAddress address;
    private boolean isAddressAdded;
    private List<KernelRoute> routes = List.of();
    private List<PolicyRule> rules = List.of();

    /** How the host's network is read: kernels differ in what they have. */
    @FunctionalInterface
    interface Reader {
        HostNetwork read(NetworkConfiguration configuration, AddressFamily family) throws LinuxException;
    }

    private TunNetwork(String device, Reader reader) {
        this.device = device;
        this.reader = reader;
        settings = new DeviceSettings(device);
    }

    /** Nothing is set up yet. */
    public static TunNetwork of(String device) {
        return new TunNetwork(device, HostNetwork::read);
    }

    static TunNetwork of(String device, Reader reader) {
        return new TunNetwork(device, reader);
    }

    /**
     * The device is open, and so what earlier processes left of it is this one's to take back, also where it never comes to
     * {@link #apply}. It stays until then: inner connections may outlive a process by it.
     */
    public void open() throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            index = configuration.link(device).index();
        }
    }

    /** The device's name. */
    public String device() {
        return device;
    }

    /** Sets everything up at once; on failure nothing stays. */
    public static TunNetwork setUp(TunAddressing wanted) throws IOException {
        TunNetwork network = of(wanted.device());
        network.apply(wanted);
        return network;
    }

    /**
     * Has the device what is wanted and nothing else of ours; on failure nothing of ours stays. The caller holds the device open.
     *
     * @throws OverlapException before anything is set
     */
    public void apply(TunAddressing wanted) throws IOException {
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
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

    private void apply(NetworkConfiguration configuration, TunAddressing wanted) throws IOException {
        AddressFamily next = AddressFamily.of(wanted.address());
        if (family != null && family != next) {
            takeBack(configuration);
        }
        Link link = ownLink(configuration);
        index = link.index();
        HostNetwork host = reader.read(configuration, next);
        refuseOverlaps(wanted, link, host);
        family = next;
        settings.apply(configuration, wanted, link, next);
        applyAddress(configuration, wanted, link, host);
        List<KernelRoute> made = new ArrayList<>();
        routes = made;
        applyRoutes(configuration, wanted, link, host, made);
        applyRules(configuration, wanted, link, host, made);
        Leftovers.removeRoutes(configuration, host, link.index(), made);
    }

    /** The device that was opened, whoever bears its name by now. */
    private Link ownLink(NetworkConfiguration configuration) throws IOException {
        if (index == 0) {
            return configuration.link(device);
        }
        Link link = configuration.link(index);
        if (!link.name().equals(device)) {
            throw new IOException(device + " has been renamed to " + link.name()
                    + " while it was open: rename it back, or start anew with that name");
        }
        return link;
    }

    private void refuseOverlaps(TunAddressing wanted, Link link, HostNetwork host) throws OverlapException {
        List<Overlap> overlaps = Overlap.find(wanted, link.index(), host);
        List<Overlap> foreign =
                overlaps.stream().filter(overlap -> !overlap.isOfTunnel()).toList();
        if (!foreign.isEmpty() && wanted.overlaps() == TunAddressing.Overlaps.REFUSE) {
            throw new OverlapException(foreign);
        }
        overlaps.forEach(overlap -> sayOnce("{}: {}", overlap.toString()));
        if (wanted.routes().stream().anyMatch(network -> network.length() == 0)) {
            host.routes().stream()
                    .filter(route -> route.isDefault()
                            && route.kind().isUnicast()
                            && route.key().table() == KernelRoute.TABLE_MAIN)
                    .forEach(route -> sayOnce(
                            "{}: in the place of the default route, which stays for the way to the server: {}",
                            host.text(route)));
        }
    }

    private void sayOnce(String format, String what) {
        if (said.size() < MOST_SAID && said.add(what)) {
            LOG.warn(format, device, what);
        }
    }

    private void applyAddress(NetworkConfiguration configuration, TunAddressing wanted, Link link, HostNetwork host)
            throws LinuxException {
        InterfaceAddress before = address;
        boolean isBeforeOurs = isAddressAdded;
        boolean isSame = before != null && before.address().equals(wanted.address());
        // A persistent device may have it from an administrator, or from a process that was killed.
        Optional<InterfaceAddress> there = host.addresses().stream()
                .filter(found -> found.interfaceIndex() == link.index())
                .filter(found -> found.address().equals(wanted.address()))
                .findFirst();
        InterfaceAddress own = InterfaceAddress.alone(link.index(), wanted.address(), Identity.PROTOCOL);
        if (there.isEmpty()) {
            configuration.add(own);
            isAddressAdded = true;
        } else if (!isSame) {
            isAddressAdded = there.get().protocol() == Identity.PROTOCOL;
        }
        address = own;
        // Last: with its only address a device loses all its routes.
        if (before != null && isBeforeOurs && !isSame) {
            Leftovers.removeAddress(configuration, before);
        }
        Leftovers.removeAddresses(configuration, host, link.index(), Optional.of(wanted.address()));
    }

    private void applyRoutes(
            NetworkConfiguration configuration,
            TunAddressing wanted,
            Link link,
            HostNetwork host,
            List<KernelRoute> made)
            throws IOException {
        List<Prefix> networks = new ArrayList<>();
        if (wanted.prefixLength() < host.family().bits()) {
            networks.add(wanted.network());
        }
        wanted.routes().forEach(network -> networks.addAll(halves(network)));
        for (Prefix network : new LinkedHashSet<>(networks)) {
            KernelRoute like = KernelRoute.onLink(
                            network.address(),
                            network.length(),
                            new KernelRoute.Key(KernelRoute.TABLE_MAIN, Identity.ROUTE_METRIC, Identity.PROTOCOL, 0),
                            link.index())
                    .from(wanted.address());
            made.add(keepOrAdd(configuration, like.with(mtuOf(wanted)), host));
        }
    }

    /** A default route would lie beside that of the host; its halves win over it by their length, whatever its metric. */
    static List<Prefix> halves(Prefix network) {
        if (network.length() > 0) {
            return List.of(network);
        }
        byte[] second = network.address().getAddress();
        second[0] = (byte) 0x80;
        try {
            return List.of(new Prefix(network.address(), 1), new Prefix(InetAddress.getByAddress(second), 1));
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // for another length alone
        }
    }

    /** With the first metric that nobody has for this network: two tunnels to one lie side by side. */
    private static KernelRoute keepOrAdd(NetworkConfiguration configuration, KernelRoute like, HostNetwork host)
            throws LinuxException {
        Optional<KernelRoute> there = host.routes().stream()
                .filter(route -> route.isSameEntry(withMetricOf(route, like))
                        && route.isSameWay(like)
                        && !Identity.isServerRoute(route))
                .findFirst();
        if (there.isPresent()) {
            try {
                return withMtu(configuration, there.get(), like, host);
            } catch (LinuxException e) {
                if (!e.errno().equals(Errno.ENOENT)) {
                    throw e;
                }
                // It has gone since the host was looked at, and is made anew.
            }
        }
        // Behind the tunnels that are there: they have the traffic, and keep it.
        long metric = host.routes().stream()
                .filter(route -> Identity.isOurs(route)
                        && !Identity.isServerRoute(route)
                        && route.hasSameKey(withMetricOf(route, like))
                        && route.key().priority() < Identity.ROUTE_METRIC + Identity.ROUTE_METRICS - 1)
                .mapToLong(route -> route.key().priority() + 1)
                .max()
                .orElse(like.key().priority());
        while (true) {
            KernelRoute route = like.with(like.key().withPriority(metric));
            try {
                configuration.add(route);
                return route;
            } catch (LinuxException e) {
                metric++;
                if (!e.errno().equals(Errno.EEXIST) || metric >= Identity.ROUTE_METRIC + Identity.ROUTE_METRICS) {
                    throw e;
                }
            }
        }
    }

    /** What an earlier process has left may tell the MTU of another tunnel. */
    private static KernelRoute withMtu(
            NetworkConfiguration configuration, KernelRoute there, KernelRoute like, HostNetwork host)
            throws LinuxException {
        Integer mtu = like.metrics().get(KernelRoute.RTAX_MTU);
        if (mtu == null || mtu.equals(there.metrics().get(KernelRoute.RTAX_MTU))) {
            return there;
        }
        SortedMap<Integer, Integer> metrics = new TreeMap<>(there.metrics());
        metrics.put(KernelRoute.RTAX_MTU, mtu);
        Optional<KernelRoute> changed = RouteTuning.replace(configuration, there, metrics, host.routes());
        if (changed.isEmpty()) {
            LOG.warn("keeps another MTU than {}, because somebody has made a route like it: {}", mtu, host.text(there));
        }
        return changed.orElse(there);
    }

    /** From the first on, so that no connection is ever cut by another's tuning. */
    private static SortedMap<Integer, Integer> mtuOf(TunAddressing wanted) {
        return RouteTuning.withMtu(RouteMetrics.NONE.values(), wanted.mtu());
    }

    private static KernelRoute withMetricOf(KernelRoute other, KernelRoute like) {
        return like.with(like.key().withPriority(other.key().priority()));
    }

    private void applyRules(
            NetworkConfiguration configuration,
            TunAddressing wanted,
            Link link,
            HostNetwork host,
            List<KernelRoute> made)
            throws IOException {
        List<PolicyRule> before = rules;
        List<PolicyRule> next = new ArrayList<>();
        rules = next;
        boolean isBySource = wanted.sourceRule() == TunAddressing.SourceRule.PRESENT;
        boolean isByMark = wanted.markRule() == TunAddressing.MarkRule.PRESENT;
        if (host.rules().isEmpty()) {
            sayThatThereAreNone(isBySource || isByMark);
        } else if (isBySource || isByMark) {
            int table = RoutingTable.forDevice(link.index(), host);
            // The route before the rules: a rule of ours whose table is empty counts as left over.
            KernelRoute like = KernelRoute.onLink(
                    host.family().unspecified(),
                    0,
                    new KernelRoute.Key(table, Identity.ROUTE_METRIC, Identity.PROTOCOL, 0),
                    link.index());
            made.add(keepOrAdd(configuration, like.with(mtuOf(wanted)), host));
            if (isBySource) {
                next.add(PolicyRule.from(wanted.address(), table, wanted.rulePriority(), Identity.PROTOCOL));
            }
            if (isByMark) {
                next.add(markRule(wanted, table, link, host));
            }
            for (PolicyRule rule : next) {
                // One that is there stays: without it, for however short a time, answers would leave by another way.
                if (host.rules().get().stream().noneMatch(rule::isSameRule)) {
                    configuration.add(rule);
                }
                hintAtEarlierRules(rule, host);
            }
        }
        for (PolicyRule rule : before) {
            if (next.stream().noneMatch(rule::isSameRule)) {
                Leftovers.remove(() -> configuration.remove(rule));
            }
        }
        Leftovers.removeRules(configuration, host, link.index(), next);
    }

    /** With the mark that the device has already, or else the first that no rule asks for. */
    private static PolicyRule markRule(TunAddressing wanted, int table, Link link, HostNetwork host)
            throws IOException {
        long priority = Math.max(1, wanted.rulePriority() - 1);
        for (int value : Identity.marks(link.index())) {
            PolicyRule.Mark mark = new PolicyRule.Mark(value, Identity.MARK_MASK);
            PolicyRule rule = PolicyRule.marked(host.family(), mark, table, priority, Identity.PROTOCOL);
            boolean isOthers = host.rules().orElseThrow().stream()
                    .filter(other -> other.table() != table && !other.isInverted())
                    .flatMap(other -> other.mark().stream())
                    .anyMatch(other -> other.mask() != 0 && (value & other.mask()) == other.value());
            if (!isOthers) {
                return rule;
            }
        }
        throw new HostConflictException("no free mark for " + link.name() + ": all are used by rules of others");
    }

    private void sayThatThereAreNone(boolean isWanted) {
        if (isWanted && SAID_NO_RULES.compareAndSet(false, true)) {
            LOG.warn(
                    "{}: this kernel has no policy rules (CONFIG_IP_MULTIPLE_TABLES), so answers to clients outside the"
                            + " networks of the tunnel take the host's way; name them in 'routes'",
                    device);
        }
    }

    /** What bears this mark, under {@link Identity#MARK_MASK}, goes into the tunnel; nothing where no mark does. */
    public OptionalInt mark() {
        return rules.stream()
                .flatMap(rule -> rule.mark().stream())
                .mapToInt(PolicyRule.Mark::value)
                .findFirst();
    }

    /** Load balancers mark connections, and their rules come first: what they mark does not reach ours. */
    private void hintAtEarlierRules(PolicyRule ours, HostNetwork host) {
        for (PolicyRule earlier : host.rules().orElse(List.of())) {
            if (earlier.isSameRule(ours)) {
                return; // the kernel asks them in this order, and of one priority the older first
            }
            InetAddress own = address == null ? host.family().unspecified() : address.address();
            boolean isFromElsewhere = earlier.source()
                    .filter(network -> !Prefix.of(network.address(), network.prefixLength())
                            .contains(own))
                    .isPresent();
            // What this host sends comes in by no interface; only what it forwards does.
            boolean isOfForwarded = !earlier.inputInterface().isEmpty()
                    && !earlier.inputInterface().equals("lo")
                    && ours.mark().isEmpty();
            if (earlier.priority() <= ours.priority()
                    && !isOfForwarded
                    && earlier.action() != PolicyRule.ACTION_NOP
                    && earlier.table() != KernelRoute.TABLE_LOCAL
                    && !Identity.isOurs(earlier)
                    && (!isFromElsewhere || earlier.isInverted())) {
                sayOnce(
                        "{}: an earlier rule may take the tunnel's answers elsewhere: '{}' (source-rule-priority="
                                + ours.priority() + " comes after it)",
                        earlier.toString());
            }
        }
    }

    /** How what was set up is found. */
    public enum Condition {
        WHOLE,
        /** Nothing comes through. It has lost its routes by that, and an IPv6 device its address. */
        DOWN,
        INCOMPLETE
    }

    /** Whether everything is still there: others may have taken it away. */
    public Condition condition() throws IOException {
        AddressFamily current = family;
        if (current == null) {
            return Condition.WHOLE;
        }
        try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
            Link link = configuration.link(index);
            if (!link.isUp()) {
                return Condition.DOWN;
            }
            HostNetwork host = reader.read(configuration, current);
            InterfaceAddress own = address;
            boolean hasAddress = own == null
                    || host.addresses().stream()
                            .anyMatch(found -> found.interfaceIndex() == own.interfaceIndex()
                                    && found.address().equals(own.address()));
            boolean hasRoutes =
                    routes.stream().allMatch(route -> host.routes().stream().anyMatch(route::isSameEntry));
            List<PolicyRule> found = host.rules().orElse(List.of());
            boolean hasRules = rules.stream().allMatch(rule -> found.stream().anyMatch(rule::isSameRule));
            rules.forEach(rule -> hintAtEarlierRules(rule, host)); // somebody may have made one meanwhile
            return hasAddress && hasRoutes && hasRules ? Condition.WHOLE : Condition.INCOMPLETE;
        }
    }

    /** Takes back what was added; what is gone already is no fault. Does no harm twice. */
    @Override
    public void close() throws IOException {
        if (index != 0) {
            try (NetworkConfiguration configuration = NetworkConfiguration.open()) {
                takeBack(configuration);
            }
        }
    }

    private void takeBack(NetworkConfiguration configuration) throws IOException {
        List<Leftovers.Removal> removals = new ArrayList<>();
        for (PolicyRule rule : rules) {
            removals.add(() -> configuration.remove(rule));
        }
        for (KernelRoute route : routes) {
            removals.add(() -> configuration.remove(route));
        }
        InterfaceAddress ownAddress = address;
        if (ownAddress != null && isAddressAdded) {
            removals.add(() -> Leftovers.removeAddress(configuration, ownAddress));
        }
        int own = index;
        removals.add(() -> Leftovers.removeAll(configuration, own));
        removals.add(() -> settings.restore(configuration, own));
        rules = List.of();
        routes = List.of();
        address = null;
        isAddressAdded = false;
        family = null;
        Leftovers.removeAll(removals);
    }
}
