package dev.tunbridge.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A route of a table, as the kernel has it and takes it; but how long it is to live, which router advertisements say.
 *
 * @param destination the network's address, {@link AddressFamily#unspecified()} for the default
 * @param prefixLength of the network
 * @param key what places it among routes to the same network
 * @param kind RTN_… and scope
 * @param preferredSource the own address of what leaves by it
 * @param nextHops where it leads; none where it refuses
 * @param metrics RTAX_… by number: what TCP is told; those that are locked are in {@link #RTAX_LOCK}
 * @param others attributes that are passed on as they are, by type
 */
public record KernelRoute(
        InetAddress destination,
        int prefixLength,
        Key key,
        Kind kind,
        Optional<InetAddress> preferredSource,
        List<NextHop> nextHops,
        SortedMap<Integer, Integer> metrics,
        Map<Integer, ByteBuffer> others) {
    public static final int TABLE_DEFAULT = 253;
    public static final int TABLE_MAIN = 254;
    public static final int TABLE_LOCAL = 255;

    /** RTPROT_KERNEL: the kernel made it by itself, for an address. */
    public static final int PROTOCOL_KERNEL = 2;

    /** RTAX_LOCK: which of the others the connection may not change, a bit for each number. */
    public static final int RTAX_LOCK = 1;

    public static final int RTAX_MTU = 2;
    public static final int RTAX_ADVMSS = 8;
    public static final int RTAX_REORDERING = 9;

    /** RTAX_FEATURES; {@link #FEATURE_ECN} is a bit of it. */
    public static final int RTAX_FEATURES = 12;

    /** RTAX_RTO_MIN, in milliseconds; obeyed only where it is locked. */
    public static final int RTAX_RTO_MIN = 13;

    public static final int RTAX_QUICKACK = 15;
    public static final int FEATURE_ECN = 1;

    /**
     * What places a route among those to the same network.
     *
     * @param table its table
     * @param priority which of several counts, the least first ({@code metric} in ip); IPv6 takes 0 for 1024
     * @param protocol who made it
     * @param tos which traffic it is for; 0 for all
     */
    public record Key(int table, long priority, int protocol, int tos) {
        public Key withPriority(long other) {
            return new Key(table, other, protocol, tos);
        }
    }

    /**
     * What a route does.
     *
     * @param type RTN_…
     * @param scope RT_SCOPE_…, of IPv4: how far away its destinations are
     */
    public record Kind(int type, int scope) {
        /** Through a gateway. */
        public static final Kind UNICAST = new Kind(1, 0);

        /** To what is reached directly. */
        public static final Kind UNICAST_ON_LINK = new Kind(1, 253);

        /** To this host itself (RTN_LOCAL, RT_SCOPE_HOST). */
        public static final Kind LOCAL = new Kind(2, 254);

        public boolean isUnicast() {
            return type == 1;
        }

        /** Whether it tells the kernel which addresses are its own. */
        public boolean isLocal() {
            return type == 2;
        }

        /** Whether it says that there is no way, and the next rule is not asked (blackhole, unreachable, prohibit). */
        public boolean isRefusal() {
            return type >= 6 && type <= 8;
        }

        /** RTN_THROW: this table has no answer, the next rule is asked. */
        public boolean isThrow() {
            return type == 9;
        }
    }

    public KernelRoute {
        nextHops = List.copyOf(nextHops);
        metrics = metrics.isEmpty() ? Collections.emptySortedMap() : new TreeMap<>(metrics);
        others = Map.copyOf(others);
    }

    /** A route to a network that is reached directly through an interface. */
    public static KernelRoute onLink(InetAddress destination, int prefixLength, Key key, int interfaceIndex) {
        Kind kind = destination.getAddress().length == AddressFamily.IPV4.bytes() ? Kind.UNICAST_ON_LINK : Kind.UNICAST;
        return new KernelRoute(
                destination,
                prefixLength,
                key,
                kind,
                Optional.empty(),
                List.of(NextHop.onLink(interfaceIndex)),
                Collections.emptySortedMap(),
                Map.of());
    }

    /**
     * A route that takes all addresses of its table for this host's own.
     *
     * @param source what answers without a source of their own bear
     */
    public static KernelRoute toThisHost(InetAddress source, Key key, int interfaceIndex) {
        return toThisHost(AddressFamily.of(source).unspecified(), 0, source, key, interfaceIndex);
    }

    /**
     * A route that takes one address for this host's own, though no interface has it.
     *
     * @param source of what this host sends there itself
     */
    public static KernelRoute toThisHost(InetAddress address, InetAddress source, Key key, int interfaceIndex) {
        return toThisHost(address, AddressFamily.of(address).bits(), source, key, interfaceIndex);
    }

    private static KernelRoute toThisHost(
            InetAddress destination, int prefixLength, InetAddress source, Key key, int interfaceIndex) {
        return new KernelRoute(
                destination,
                prefixLength,
                key,
                Kind.LOCAL,
                Optional.of(source),
                List.of(NextHop.onLink(interfaceIndex)),
                Collections.emptySortedMap(),
                Map.of());
    }

    public AddressFamily family() {
        return AddressFamily.of(destination);
    }

    public boolean isDefault() {
        return prefixLength == 0;
    }

    public boolean leadsThrough(int interfaceIndex) {
        return nextHops.stream().anyMatch(hop -> hop.interfaceIndex() == interfaceIndex);
    }

    public KernelRoute from(InetAddress source) {
        return new KernelRoute(destination, prefixLength, key, kind, Optional.of(source), nextHops, metrics, others);
    }

    /** To one address, by the same way. */
    public KernelRoute toHost(InetAddress host, Key hostKey) {
        return new KernelRoute(
                host,
                AddressFamily.of(host).bits(),
                hostKey,
                kind,
                preferredSource,
                nextHops.stream().map(NextHop::configured).toList(),
                metrics,
                others);
    }

    public KernelRoute with(Key other) {
        return new KernelRoute(destination, prefixLength, other, kind, preferredSource, nextHops, metrics, others);
    }

    public KernelRoute with(SortedMap<Integer, Integer> told) {
        return new KernelRoute(destination, prefixLength, key, kind, preferredSource, nextHops, told, others);
    }

    /** Whether both are one entry of one table, whatever they tell TCP. */
    public boolean isSameEntry(KernelRoute other) {
        return destination.equals(other.destination)
                && prefixLength == other.prefixLength
                && key.equals(other.key)
                && kind.type() == other.kind.type()
                && RouteMessage.source(this).equals(RouteMessage.source(other))
                && hops().equals(other.hops());
    }

    /** Whether the kernel takes one for the other: the same network in the same table, with the same priority. */
    public boolean hasSameKey(KernelRoute other) {
        return destination.equals(other.destination)
                && prefixLength == other.prefixLength
                && key.table() == other.key.table()
                && key.priority() == other.key.priority()
                && key.tos() == other.key.tos();
    }

    /** Whether both lead the same way on. */
    public boolean isSameWay(KernelRoute other) {
        return preferredSource.equals(other.preferredSource) && hops().equals(other.hops());
    }

    private List<NextHop> hops() {
        return nextHops.stream().map(NextHop::configured).toList();
    }

    /** {@code 198.18.0.0/15}, or {@code default}. */
    public String network() {
        return isDefault() ? "default" : destination.getHostAddress() + "/" + prefixLength;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(network());
        nextHops.forEach(hop -> text.append(' ').append(hop));
        preferredSource.ifPresent(source -> text.append(" src ").append(source.getHostAddress()));
        if (key.table() != TABLE_MAIN) {
            text.append(" table ").append(Integer.toUnsignedString(key.table()));
        }
        if (key.priority() != 0) {
            text.append(" metric ").append(key.priority());
        }
        return text.toString();
    }
}
