package dev.tunbridge.bridge.server;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one tunnel has learnt of its server, by address; forgotten with the process. Bounded: a name may have many addresses
 * over the years. Times are compared by difference.
 */
public final class ServerMemory {
    /** More addresses than that have no name in the field; the one that was not heard of for longest is forgotten. */
    static final int MOST_ADDRESSES = 16;

    /** Attempts at a time: each costs a socket, a capture and a route; RFC 8305 knows no bound, resolvers give dozens. */
    static final int MOST_ATTEMPTS = 8;

    /** A path that eats marks is asked again after an hour; then after two, four and so on. */
    static final long ECN_OFF_NANOS = TimeUnit.HOURS.toNanos(1);

    static final long MOST_ECN_OFF_NANOS = TimeUnit.HOURS.toNanos(24);

    /** The kernel itself forgets what it was told of a path after 10 minutes; to find it out anew costs seconds each. */
    static final long SEGMENT_NANOS = TimeUnit.HOURS.toNanos(12);

    private static final int SYNS = 2;

    private final Map<InetAddress, Known> servers = new LinkedHashMap<>();
    private @Nullable InetAddress lastGood;

    private static final class Known {
        private boolean isDoubtful;
        private long ecnOffNanos;
        private boolean isEcnOff;
        private long ecnUntilNanos;
        private int repeatedSyns;
        private OptionalInt maxSegment = OptionalInt.empty();
        private long maxSegmentUntilNanos;
    }

    /** The addresses to try, in this order: the last good one first, then by RFC 8305. */
    public List<InetAddress> order(Collection<InetAddress> resolved) {
        List<InetAddress> doubtful = resolved.stream()
                .filter(address -> servers.containsKey(address) && known(address).isDoubtful)
                .toList();
        List<InetAddress> order = new ArrayList<>(AddressOrder.of(resolved, doubtful));
        InetAddress good = lastGood;
        if (good != null && order.remove(good)) {
            order.add(0, good);
        }
        return List.copyOf(order.subList(0, Math.min(order.size(), MOST_ATTEMPTS)));
    }

    /** This address has taken a connection and welcomed it. */
    public void welcomed(InetAddress server) {
        known(server).isDoubtful = false;
        lastGood = server;
    }

    /** This address has taken a connection and then not welcomed it: others go before it. */
    public void notWelcomed(InetAddress server) {
        known(server).isDoubtful = true;
        if (server.equals(lastGood)) {
            lastGood = null;
        }
    }

    /** Whether ECN may be asked for. */
    public boolean allowsEcn(InetAddress server, long nowNanos) {
        Known known = servers.get(server);
        if (known == null || !known.isEcnOff) {
            return true;
        }
        known.isEcnOff = nowNanos - known.ecnUntilNanos < 0;
        return !known.isEcnOff;
    }

    /** The path to this address eats what is marked. Answers for how long ECN is not asked for any more. */
    public long ecnFailed(InetAddress server, long nowNanos) {
        Known known = known(server);
        known.ecnOffNanos = Math.min(MOST_ECN_OFF_NANOS, Math.max(ECN_OFF_NANOS, known.ecnOffNanos * 2));
        known.isEcnOff = true;
        known.ecnUntilNanos = nowNanos + known.ecnOffNanos;
        return known.ecnOffNanos;
    }

    /**
     * A connection that asked for ECN came about without it, and only when the SYN was sent again, which Linux does
     * without asking (RFC 3168 section 6.1.1.1). Once that may be a loss; twice in a row it costs a second each time.
     *
     * @return whether the path is to be taken for one that eats such a SYN
     */
    public boolean synRepeated(InetAddress server) {
        return ++known(server).repeatedSyns >= SYNS;
    }

    /** A connection came about with its first SYN. */
    public void synTaken(InetAddress server) {
        known(server).repeatedSyns = 0;
    }

    /** The longest TCP segment, with its options, that this path is to be given; empty where nothing is known. */
    public OptionalInt maxSegment(InetAddress server, long nowNanos) {
        Known known = servers.get(server);
        if (known == null || known.maxSegment.isEmpty()) {
            return OptionalInt.empty();
        }
        if (nowNanos - known.maxSegmentUntilNanos >= 0) {
            known.maxSegment = OptionalInt.empty();
        }
        return known.maxSegment;
    }

    /** Longer segments do not reach this address, or do not come from it. */
    public void limitSegment(InetAddress server, int bytes, long nowNanos) {
        Known known = known(server);
        known.maxSegment = OptionalInt.of(bytes);
        known.maxSegmentUntilNanos = nowNanos + SEGMENT_NANOS;
    }

    private Known known(InetAddress server) {
        Known known = servers.remove(server);
        if (known == null) {
            known = new Known();
            if (servers.size() == MOST_ADDRESSES) {
                servers.remove(servers.keySet().iterator().next());
            }
        }
        servers.put(server, known); // behind all others
        return known;
    }

    int size() {
        return servers.size();
    }
}
